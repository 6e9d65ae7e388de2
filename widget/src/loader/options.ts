/** What the host page says about the widget, in `data-*` of the script. */

export interface Options {
  desk: string;
  /** A BCP 47 tag; "" lets the page and the browser decide. */
  language: string;
  /** The side that text starts or ends at. */
  position: "start" | "end";
  /** Shown where the desk cannot be reached. */
  email: string;
  /** Text beside the launcher's icon, and its name; "" shows the icon only. */
  label: string;
  greeting: string;
  open: boolean;
  hideLauncher: boolean;
  /** CSS custom properties that the page may set in a style sheet as well. */
  style: [name: string, value: string][];
}

export function optionsOf(data: DOMStringMap): Options {
  const given = (name: string) => data[name]?.trim() ?? "";
  const yes = (name: string) => name in data && given(name) !== "false";
  return {
    desk: given("desk") || "default",
    language: given("language"),
    position: given("position") === "start" ? "start" : "end",
    email: given("email"),
    label: given("label"),
    greeting: given("greeting"),
    open: yes("open"),
    hideLauncher: yes("hideLauncher"),
    style: ["accent", "radius", "font", "scheme", "zIndex"].map((name) => [
      `--polydesk-${name.replace("Index", "")}`,
      given(name),
    ]),
  };
}
