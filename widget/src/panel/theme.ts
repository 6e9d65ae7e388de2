import type { Theme } from "../protocol.ts";

type Rgb = readonly [red: number, green: number, blue: number];

const COLOUR = /^(#[0-9a-f]{3,8}|[a-z]{3,30}|(rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\([\d.,%/\sa-z+-]{3,80}\))$/i;
const LENGTH = /^(0|\d{1,3}(\.\d{1,3})?(px|rem|em))$/;
const FONT = /^[\w\s,."'-]{1,200}$/u;
/** Of text (WCAG 2.2, 1.4.3); accents are moved towards black or white until they have it. */
const CONTRAST = 4.5;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** Surfaces on which the accent stands as text, by scheme: the least favourable of each. */
const SURFACES = { light: [240, 243, 246], dark: [38, 44, 53] } as const satisfies Record<string, Rgb>;

/** What a theme sets, by name of the custom property; what is no plain colour, length or font sets nothing. */
export function properties(theme: Theme, colour: (css: string) => Rgb | null = resolved): Record<string, string> {
  const set: Record<string, string> = {};
  const accent = COLOUR.test(theme.accent.trim()) ? colour(theme.accent.trim()) : null;
  if (accent) {
    for (const scheme of ["light", "dark"] as const) {
      const shown = readable(accent, SURFACES[scheme]);
      set[`--accent-${scheme}`] = css(shown);
      set[`--on-accent-${scheme}`] = css(contrast(shown, WHITE) >= CONTRAST ? WHITE : BLACK);
    }
  }
  if (LENGTH.test(theme.radius.trim())) set["--radius"] = theme.radius.trim();
  if (FONT.test(theme.font) && theme.font.trim()) set["--font"] = theme.font.trim();
  return set;
}

let sheet: CSSStyleSheet | null = null;

/** Applies a theme through the object model of style sheets, which no content security policy forbids. */
export function applyTheme(theme: Theme, page: Document = document): void {
  page.documentElement.dataset["scheme"] = theme.scheme;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    page.adoptedStyleSheets = [...page.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(":root {}");
  const rule = sheet.cssRules[0] as CSSStyleRule;
  for (const [name, value] of Object.entries(properties(theme))) rule.style.setProperty(name, value);
}

/** The nearest colour to this one that can be read on a surface. */
export function readable(colour: Rgb, surface: Rgb): Rgb {
  const goal = luminance(surface) > 0.5 ? BLACK : WHITE;
  for (let part = 0; part < 1; part += 0.04) {
    const shown = colour.map((value, n) => Math.round(value + ((goal[n] ?? 0) - value) * part)) as unknown as Rgb;
    if (contrast(shown, surface) >= CONTRAST) return shown;
  }
  return goal;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Any colour of CSS as the browser paints it. */
function resolved(colour: string): Rgb | null {
  if (!CSS.supports("color", colour)) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, opacity = 0] = context.getImageData(0, 0, 1, 1).data;
  return opacity === 255 ? [red, green, blue] : null;
}
