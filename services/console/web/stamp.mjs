// Writes beside the built page what it was built from, so that a test can say when it is stale.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const OTHERS = ["index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.js"];
const sources = readdirSync("src", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/"));

const hash = createHash("sha256");
for (const name of [...OTHERS, ...sources].sort()) {
  hash.update(name).update("\0").update(readFileSync(name)).update("\0");
}
const page = "../../../shared/integrations/runtime/console/page";
writeFileSync(`${page}/sources.sha256`, `${hash.digest("hex")}\n`);
writeFileSync(`${page}/uPlot.LICENSE.txt`, readFileSync("node_modules/uplot/LICENSE"));
