// The real program on a folder of its own, with the Redis and the worker that it starts.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");
const PROGRAM = process.env.ASSAY_BIN ?? join(TARGET, "release/assay");
const SITE = process.env.ASSAY_SITE ?? join(TARGET, "release/site");

/** How long anything may take before a test fails, in milliseconds. */
const PATIENCE = 30_000;

/** A running `assay serve`. */
export class Server {
  /** `http://127.0.0.1:<port>`; stays the same over restarts. */
  url = "";
  /** The data folder. Its path is short enough for a Unix socket. */
  readonly folder = mkdtempSync(join(tmpdir(), "assay-e2e-"));
  #child: ChildProcess | undefined;

  /** Starts on an empty folder. */
  static async start(): Promise<Server> {
    const server = new Server();
    try {
      await server.start();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** Starts it, or starts it again on the same folder and address. */
  async start(): Promise<void> {
    const address = this.url === "" ? "127.0.0.1:0" : new URL(this.url).host;
    const log = openSync(join(this.folder, "serve.log"), "a");
    const child = spawn(
      PROGRAM,
      ["serve", "--addr", address, "--data", this.folder, "--site", SITE],
      { env: this.#surroundings(), stdio: ["ignore", "pipe", log] },
    );
    this.#child = child;
    this.url = await this.#said(child);
  }

  /** A command of another program to its Redis, by redis-cli; what that prints. */
  redis(...words: string[]): string {
    const socket = join(this.folder, "redis.sock");
    return execFileSync("redis-cli", ["-s", socket, ...words], { encoding: "utf8" });
  }

  /** Asks it to stop and waits for its end; the code that it ended with. */
  async stop(): Promise<number | null> {
    this.thaw();
    return await this.#end("SIGTERM");
  }

  /** Kills it as a crash would; its Redis lives on. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Halts the worker where it stands: what is submitted now waits. */
  freeze(): void {
    const workers = this.#processes().filter((process) => process.isWorker);
    if (workers.length === 0) {
      throw new Error("There is no worker to freeze.");
    }
    workers.forEach(({ pid }) => signal(pid, "SIGSTOP"));
  }

  /** Lets it go on. */
  thaw(): void {
    const workers = this.#processes().filter((process) => process.isWorker);
    workers.forEach(({ pid }) => signal(pid, "SIGCONT"));
  }

  /** Stops it, whatever state a test left it in, and leaves nothing behind. */
  async remove(): Promise<void> {
    await this.stop();
    this.#sweep();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The keys in its Redis that match a glob. */
  keys(pattern: string): string[] {
    const socket = join(this.folder, "redis.sock");
    const said = execFileSync("redis-cli", ["-s", socket, "--raw", "KEYS", pattern], { encoding: "utf8" });
    return said.split("\n").filter((key) => key !== "");
  }

  /** What it has written about itself. */
  log(): string {
    return readFileSync(join(this.folder, "serve.log"), "utf8");
  }

  /** The surroundings without their settings of Assay, and with a home of its own. */
  #surroundings(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(([name]) => !/^(ASSAY|XDG)_/.test(name));
    return { ...Object.fromEntries(kept), HOME: this.folder, NO_COLOR: "1" };
  }

  /** The address that it says it is at. */
  async #said(child: ChildProcess): Promise<string> {
    const lines = createInterface({ input: child.stdout! });
    let late: NodeJS.Timeout | undefined;
    const said = new Promise<string>((found, failed) => {
      const fail = (why: string) => failed(new Error(`${why}\n${this.log()}`));
      late = setTimeout(() => fail("The server did not say where it is."), PATIENCE);
      // Reading goes on afterwards, so that it never writes into a closed pipe.
      lines.on("line", (line) => {
        const address = /^Assay is at (http:\S+)/.exec(line)?.[1];
        if (address !== undefined) {
          found(address.replace(/\/$/, ""));
        }
      });
      child.once("error", (error) => fail(`${PROGRAM} cannot be started: ${error.message}`));
      child.once("exit", (code) => {
        if (late !== undefined) {
          fail(`The server ended with ${code} instead of starting.`);
        }
      });
    });
    try {
      return await said;
    } finally {
      clearTimeout(late);
      late = undefined;
    }
  }

  async #end(by: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    const ended = new Promise<number | null>((done) => child.once("exit", done));
    child.kill(by);
    const patience = new AbortController();
    const late = pause(PATIENCE, "late" as const, { signal: patience.signal });
    const code = await Promise.race([ended, late.catch(() => null)]);
    patience.abort();
    if (code === "late") {
      child.kill("SIGKILL");
      throw new Error(`The server did not end after ${by}.\n${this.log()}`);
    }
    return code;
  }

  /** Kills what is left: a killed server leaves its Redis and its worker behind. */
  #sweep(): void {
    this.#processes().forEach(({ pid }) => signal(pid, "SIGKILL"));
  }

  /** The processes that name this folder, or stand in it; no others do. */
  #processes(): { pid: number; isWorker: boolean }[] {
    const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
    return pids.flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        const stands = readlinkSync(`/proc/${pid}/cwd`);
        const isOurs = stands === this.folder || line.some((word) => word.includes(this.folder));
        const isServer = line[0]?.startsWith("redis-server") || line[0]?.includes("assay");
        return isOurs && isServer ? [{ pid, isWorker: line[1] === "worker" }] : [];
      } catch {
        // It has ended meanwhile, or is none of ours to look at.
        return [];
      }
    });
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
