import { defineConfig } from "vite";

// Files of fixed names: what is shipped changes only where the page does.
export default defineConfig({
  build: {
    outDir: "../../../shared/integrations/runtime/console/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      output: {
        entryFileNames: "app.js",
        chunkFileNames: "[name].js",
        assetFileNames: "app[extname]",
      },
    },
  },
});
