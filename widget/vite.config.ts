import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { launcherPhrases } from "./launcher-phrases.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here("../bot/web/widget/static");

// `npm run build` runs twice: the panel first, which empties the folder, then the loader (mode "loader") beside it.
export default defineConfig(({ mode }) => ({
  root: here(mode === "panel" ? "src/panel" : "."),
  // Relative, so that a desk may lie under a path of its server.
  base: "./",
  publicDir: false as const,
  plugins: [launcherPhrases(here("../locales"))],
  build: mode === "loader" ? loader : panel,
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
}));

const shared = { outDir, target: ["chrome109", "firefox115", "safari16.4"], minify: "oxc" as const };

const loader = {
  ...shared,
  emptyOutDir: false,
  rolldownOptions: {
    input: here("src/loader/main.ts"),
    output: { format: "iife" as const, entryFileNames: "widget.js" },
  },
};

const panel = {
  ...shared,
  emptyOutDir: true,
  manifest: "manifest.json",
  license: { fileName: "LICENSES.md" },
  modulePreload: { polyfill: false },
  assetsInlineLimit: 0,
  rolldownOptions: { input: here("src/panel/panel.html") },
};
