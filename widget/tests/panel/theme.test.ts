import { describe, expect, it } from "vitest";
import { contrast, properties, readable } from "../../src/panel/theme.ts";

const theme = { scheme: "auto", accent: "", radius: "", font: "" } as const;
const red = () => [255, 0, 0] as const;

describe("themes", () => {
  it("set colours that can be read on either ground", () => {
    const set = properties({ ...theme, accent: "#f00" }, red);
    expect(Object.keys(set)).toEqual(["--accent-light", "--on-accent-light", "--accent-dark", "--on-accent-dark"]);
    for (const colour of [
      [255, 255, 0],
      [0, 0, 0],
      [255, 255, 255],
      [120, 120, 120],
      [0, 0, 255],
    ] as const) {
      for (const ground of [
        [240, 243, 246],
        [38, 44, 53],
      ] as const) {
        expect(contrast(readable(colour, ground), ground)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("set lengths and fonts", () => {
    expect(properties({ ...theme, radius: "8px", font: 'Inter, "Noto Sans", sans-serif' })).toEqual({
      "--radius": "8px",
      "--font": 'Inter, "Noto Sans", sans-serif',
    });
  });

  it.each([
    "url(https://x.example)",
    "red;}*{display:none",
    "var(--x)",
    "expression(alert(1))",
    "</style>",
    "1e9px",
    "-8px",
  ])("set nothing for %s", (value) =>
    expect(properties({ ...theme, accent: value, radius: value, font: `${value}{` }, red)).toEqual({}),
  );
});
