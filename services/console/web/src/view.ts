// What a page of the console is.

import type { Changes, Store } from "./store";

export interface View {
  element: HTMLElement;
  title: string;
  update(changes: Changes): void;
  /** Once a second: ages grow. */
  grow?(): void;
  leave?(): void;
}

export type MakeView = (store: Store, argument: string) => View;
