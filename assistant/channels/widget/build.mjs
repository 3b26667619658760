// Bundles src/ into widget.js, the one file that a page loads; with --check it only compares and says so.
import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const LIMIT = 32 * 1024; // gzipped bytes: what a learner on a slow line should ever wait for
const target = fileURLToPath(new URL("widget.js", import.meta.url));

const bundle = await build({
  entryPoints: [fileURLToPath(new URL("src/widget.js", import.meta.url))],
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: ["es2022"],
  legalComments: "none",
  write: false,
});
const made = bundle.outputFiles[0].text;
const size = gzipSync(made, { level: 9 }).length;

if (size > LIMIT) {
  console.error(`widget.js is ${size} bytes gzipped, over the limit of ${LIMIT}`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  const kept = await readFile(target, "utf8").catch(() => "");
  if (kept !== made) {
    console.error("widget.js is not what src/ builds: run `npm run build` in assistant/channels/widget and commit it");
    process.exit(1);
  }
} else {
  await writeFile(target, made);
}
console.log(`widget.js: ${made.length} bytes, ${size} gzipped`);
