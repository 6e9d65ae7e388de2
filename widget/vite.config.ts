import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { catalogues } from "./catalogues.ts";
import { onlyTheLexer } from "./only-the-lexer.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = process.env["WIDGET_OUT"] ?? here("../bot/web/widget/static");
const bridge = "src/bridge/main.ts";

// `npm run build` runs twice: first what lies in assets/ under names of its content, which empties the folder; then, in
// mode "loader", widget.js, which must know one of these names.
export default defineConfig(({ mode }) => ({
  root: here(mode === "assets" ? "src/panel" : "."),
  // Relative, so that a desk may lie under a path of its server.
  base: "./",
  publicDir: false as const,
  define: { BRIDGE: JSON.stringify(mode === "loader" ? `widget/${built(bridge)}` : "") },
  plugins: [catalogues(here("../locales")), onlyTheLexer()],
  build: mode === "loader" ? loader : assets,
  // Long enough for a busy machine.
  test: { testTimeout: 60_000, environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx,js}"], setupFiles: "tests/quiet.js" },
}));

const shared = { outDir, target: ["chrome109", "firefox115", "safari16.4"], minify: "oxc" as const };

const assets = {
  ...shared,
  emptyOutDir: true,
  manifest: "manifest.json",
  license: { fileName: "LICENSES.md" },
  modulePreload: { polyfill: false },
  assetsInlineLimit: 0,
  rolldownOptions: {
    input: { panel: here("src/panel/panel.html"), bridge: here(bridge) },
    preserveEntrySignatures: "strict" as const,
  },
};

const loader = {
  ...shared,
  emptyOutDir: false,
  rolldownOptions: {
    input: here("src/loader/main.ts"),
    output: { format: "iife" as const, entryFileNames: "widget.js" },
  },
};

/** The file that the first build made of a source. */
function built(source: string): string {
  const manifest = JSON.parse(readFileSync(`${outDir}/manifest.json`, "utf8")) as Record<string, { file: string }>;
  const name = Object.keys(manifest).find((key) => key.endsWith(source.replace("src/", "")));
  if (!name) throw new Error(`The manifest does not name ${source}`);
  return manifest[name]!.file;
}
