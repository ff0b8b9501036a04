#!/usr/bin/env node
// Serves the npm build of solc (WebAssembly) behind the command line that forge, py-solc-x and
// Ape expect of a native compiler: `--version`, and `--standard-json` from standard input.
// `--standard-json-lines` answers one input a line until the end: the compiler is loaded and
// optimized by the engine once.
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");

/** Value of `--name value` or `--name=value` among the arguments, else undefined. */
function option(args, name) {
  const joined = args.find((argument) => argument.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1);
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}

function main(args) {
  const solc = require("solc");
  if (args.includes("--version")) {
    // Tools parse the platform; only native names are understood by all of them.
    const version = solc.version().replace("Emscripten.clang", "Linux.g++");
    process.stdout.write(
      `solc, the solidity compiler commandline interface\nVersion: ${version}\n`,
    );
    return;
  }
  const lines = args.includes("--standard-json-lines");
  if (!lines && !args.includes("--standard-json")) {
    process.stderr.write("solc.cjs: only --version and --standard-json[-lines] are supported\n");
    process.exitCode = 1;
    return;
  }
  // Ape compiles a copy of contracts/ in a temporary folder, without node_modules/.
  const checkout = path.dirname(__dirname);
  const roots = [option(args, "--base-path") || process.cwd(), option(args, "--include-path")];
  roots.push(checkout);
  const find = (name) => {
    for (const root of roots.filter(Boolean)) {
      const file = path.resolve(root, name);
      if (fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
    }
    return { error: `File not found: ${name}` };
  };
  if (lines) {
    readline.createInterface({ input: process.stdin }).on("line", (line) => {
      process.stdout.write(solc.compile(line, { import: find }).replace(/\n/g, " ") + "\n");
    });
    return;
  }
  const output = solc.compile(fs.readFileSync(0, "utf8"), { import: find });
  // Not process.exit(): it would cut off a long answer written to a pipe.
  process.stdout.write(output);
}

main(process.argv.slice(2));
