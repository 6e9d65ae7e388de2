/** By language: the launcher's label, the title of the panel's frame. */
declare module "virtual:launcher-phrases" {
  const phrases: Record<string, [launcher: string, frame: string]>;
  export default phrases;
}
