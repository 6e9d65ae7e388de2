/** The phrase of this key by language, English and those that differ from it; see catalogues.ts. */
declare module "virtual:phrase/*" {
  const texts: Record<string, string> & { en: string };
  export default texts;
}

/** What a style sheet says, made small. */
declare module "*.css?inline" {
  const text: string;
  export default text;
}
