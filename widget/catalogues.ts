import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { parse } from "yaml";

const PREFIX = "virtual:phrase/";

/** Bakes single phrases into a build: `virtual:phrase/KEY` is what the catalogues in `folder` have for it, by language. */
export function catalogues(folder: string): Plugin {
  return {
    name: "catalogues",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const key = id.slice(PREFIX.length + 1);
      const texts = new Map<string, string>();
      for (const name of readdirSync(folder).sort()) {
        const path = join(folder, name);
        this.addWatchFile(path);
        const catalogue = parse(readFileSync(path, "utf8")) as Record<string, string>;
        if (catalogue[key]) texts.set(name.replace(".yaml", ""), catalogue[key]);
      }
      const english = texts.get("en");
      if (!english) this.error(`locales/en.yaml has no ${key}`);
      const own = [...texts].filter(([language, text]) => language === "en" || text !== english);
      return `export default ${JSON.stringify(Object.fromEntries(own))}`;
    },
  };
}
