import type { Plugin } from "vite";

/**
 * Leaves out of marked what makes HTML of its tokens: the panel uses its lexer alone, and a bundler cannot tell, because the
 * package makes an instance of everything as it is loaded. A fourth of the panel's script would be never called.
 */
export function onlyTheLexer(): Plugin {
  return {
    name: "only-the-lexer",
    transform: {
      filter: { id: /\/marked\.esm\.js$/ },
      handler(code) {
        const exported = (name: string) => new RegExp(`export\\{.*?\\b([\\w$]+) as ${name}\\b`, "s").exec(code)?.[1];
        const [lexer, tokenizer, marked] = ["Lexer", "Tokenizer", "Marked"].map(exported);
        const instance = code.search(new RegExp(`var [\\w$]+=new ${marked};`));
        if (!lexer || !tokenizer || !marked || instance < 0)
          throw new Error("marked is built in another way than before");
        return { code: `${code.slice(0, instance)}export{${lexer} as Lexer,${tokenizer} as Tokenizer};`, map: null };
      },
    },
  };
}
