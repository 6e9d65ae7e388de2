import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { parse } from "yaml";

const NAME = "virtual:launcher-phrases";

/** Bakes the few phrases that the loader shows into it, from the catalogues in `folder`; English fills gaps. */
export function launcherPhrases(folder: string): Plugin {
  return {
    name: "launcher-phrases",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const files = readdirSync(folder).filter((name) => name.endsWith(".yaml")).sort();
      const catalogues = files.map((name) => {
        const path = join(folder, name);
        this.addWatchFile(path);
        return [name.replace(".yaml", ""), parse(readFileSync(path, "utf8")) as Record<string, string>] as const;
      });
      const english = new Map(catalogues).get("en") ?? {};
      const phrases: Record<string, string[]> = {};
      for (const [language, catalogue] of catalogues) {
        phrases[language] = ["widget.launcher", "widget.frame"].map((key) => catalogue[key] ?? english[key] ?? "");
      }
      return `export default ${JSON.stringify(phrases)}`;
    },
  };
}
