import { parseAst, type Plugin } from "vite";

/** Options of marked as the panel gives them, once and for all: what depends on others falls away. */
const OPTIONS = { gfm: true, breaks: true, pedantic: false, silent: false, extensions: null, hooks: null };
const OFF = Object.entries(OPTIONS).flatMap(([name, value]) => (value === false ? [name] : []));
/** What the panel's tokenizer finds nowhere. */
const NOWHERE = ["def", "reflink"];
/** What is called from outside. */
const CALLED = ["constructor", "lex"];

/** A node of a syntax tree, whatever it is. */
type Node = { type: string; start: number; end: number } & Record<string, any>;

/**
 * Leaves out of marked what makes HTML of its tokens, and what the panel's options never reach: the panel uses its lexer
 * alone, and a bundler cannot tell, because the package makes an instance of everything as it is loaded, and holds all of
 * its grammars in objects. A third of the panel's script would be never called.
 */
export function onlyTheLexer(): Plugin {
  return {
    name: "only-the-lexer",
    transform: {
      filter: { id: /\/marked\.esm\.js$/ },
      handler: (code) => ({ code: lexerOf(code), map: null }),
    },
  };
}

/** The lexer and the tokenizer of the whole package's code. */
export function lexerOf(code: string): string {
  const exported = (name: string) => new RegExp(`export\\{.*?\\b([\\w$]+) as ${name}\\b`, "s").exec(code)?.[1];
  const [lexer, tokenizer, marked] = ["Lexer", "Tokenizer", "Marked"].map(exported);
  const instance = code.search(new RegExp(`var [\\w$]+=new ${marked};`));
  if (!lexer || !tokenizer || !marked || instance < 0) throw new Error("marked is built in another way than before");
  const all = `${code.slice(0, instance)}export{${lexer} as Lexer,${tokenizer} as Tokenizer};`;
  let kept = all
    .replaceAll(/this\.options\.(\w+)(?!\w|=[^=])/g, (read, name: string) =>
      name in OPTIONS ? String(OPTIONS[name as keyof typeof OPTIONS]) : read,
    )
    // Without definitions of links there are none.
    .replaceAll(/this\.tokens\.links&&/g, "null&&");
  // What is left out may have been the last to name something else.
  for (let before = ""; before !== kept; ) {
    before = kept;
    kept = without(kept, unused(parseAst(kept) as unknown as Node));
  }
  return kept;
}

/**
 * What nobody names: methods, and at the top functions, values of variables, and entries of objects, which are the grammars'
 * rules. And what is done with what is never found.
 */
function unused(program: Node): Node[] {
  const all = [...nodesOf(program)];
  const of = (kind: string) => all.filter(({ type }) => type === kind);
  const names = new Map<string, number>();
  for (const { name } of of("Identifier")) names.set(name, (names.get(name) ?? 0) + 1);
  const once = ({ id }: Node) => names.get(id.name) === 1;
  const reads = [...of("MemberExpression"), ...of("ObjectPattern").flatMap(({ properties }) => properties as Node[])];
  const read = (node: Node) =>
    reads.some((one) => (one["property"] ?? one["key"]).name === node["key"].name && !within(one, node));
  const found = [
    ...of("MethodDefinition").filter((method) => method["static"] || !(read(method) || CALLED.includes(method["key"].name))),
    ...of("IfStatement").filter(({ test }) => test.left?.raw === "null" || NOWHERE.includes(test.right?.callee?.property?.name)),
  ];
  for (const statement of program["body"] as Node[]) {
    if (statement.type === "FunctionDeclaration" && once(statement)) found.push(statement);
    for (const variable of (statement["declarations"] ?? []) as Node[]) {
      const { init } = variable;
      if (!init || init.type === "Literal") continue;
      if (once(variable)) found.push(init);
      else if (init.type === "ObjectExpression")
        found.push(...init.properties.filter((entry: Node) => entry["key"] && (!read(entry) || OFF.includes(entry["key"].name))));
    }
  }
  return found;
}

function within(node: Node, other: Node): boolean {
  return other.start <= node.start && node.end <= other.end;
}

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const part of Object.values(node).flat()) if (part && typeof part.type === "string") yield* nodesOf(part);
}

/** The text without these nodes: where one is the value of a variable, that is null. */
function without(text: string, nodes: Node[]): string {
  return nodes
    .filter((node) => !nodes.some((other) => other !== node && within(node, other)))
    .sort((one, other) => other.start - one.start)
    .reduce((kept, { type, start, end }) => {
      const whole = /^(Property|MethodDefinition|FunctionDeclaration|IfStatement)$/.test(type);
      return kept.slice(0, start) + (whole ? kept.slice(end).replace(/^,/, "") : `null${kept.slice(end)}`);
    }, text);
}
