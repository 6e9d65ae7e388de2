// happy-dom writes to the process's own console that a frame loads nothing, each time. What panels say, the tests say.

import console from "node:console";

const { error } = console;
console.error = (...said) => {
  if (!String(said[0]).includes("Iframe page loading is disabled")) error(...said);
};
