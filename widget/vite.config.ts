import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { catalogues } from "./catalogues.ts";
import { onlyTheLexer } from "./only-the-lexer.ts";
import { PROTOCOL } from "./src/protocol.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = process.env["WIDGET_OUT"] ?? here("../bot/web/widget/static");

// `npm run build` runs twice, as widget.js is no module: first what lies in assets/, which empties the folder; then, in mode
// "loader", widget.js. All names in assets/ but the bridge's change with what is in them.
export default defineConfig(({ mode }) => ({
  root: here(mode === "assets" ? "src/panel" : "."),
  // Relative, so that a desk may lie under a path of its server.
  base: "./",
  publicDir: false as const,
  plugins: [catalogues(here("../locales")), onlyTheLexer()],
  build: mode === "loader" ? loader : assets,
  // Long enough for a busy machine.
  test: { testTimeout: 60_000, environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx,js}"], setupFiles: "tests/quiet.js" },
}));

const shared = { outDir, target: ["chrome109", "firefox115", "safari16.4"], minify: "oxc" as const };

/** Constants stand where they are used. */
const small = { optimization: { inlineConst: { mode: "all" as const, pass: 1 } } };

const assets = {
  ...shared,
  emptyOutDir: true,
  license: { fileName: "LICENSES.md" },
  modulePreload: { polyfill: false },
  assetsInlineLimit: 0,
  rolldownOptions: {
    ...small,
    input: { panel: here("src/panel/panel.html"), bridge: here("src/bridge/main.ts") },
    output: {
      entryFileNames: ({ name }: { name: string }) =>
        name === "bridge" ? `assets/bridge-${PROTOCOL}.js` : "assets/[name]-[hash].js",
    },
    preserveEntrySignatures: "strict" as const,
  },
};

const loader = {
  ...shared,
  emptyOutDir: false,
  rolldownOptions: {
    ...small,
    input: here("src/loader/main.ts"),
    output: { format: "iife" as const, entryFileNames: "widget.js" },
  },
};
