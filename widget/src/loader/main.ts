import phrases from "virtual:launcher-phrases";
console.log(phrases);
