// A stand-in for a code host on this machine: its API, each request of which is checked against a schema, and git over HTTP.
// `node server.mjs github` or `… gitlab` prints where it listens and where its repositories lie, as one line of JSON, and ends with its standard input.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kind = process.argv[2];
const { host } = await import(`./${kind}.mjs`);
const repositories = mkdtempSync(join(tmpdir(), `portico-${kind}-`));
const state = host(repositories);

/** What was asked, in order: `{method, path, status}`. */
const requests = [];
/** Requests that the schema does not allow. */
const violations = [];
/** What goes wrong next: `{method?, path, times, status?, headers?, body?, lose?}`; `lose` does what was asked and hangs up. */
let faults = [];

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const url = new URL(request.url, 'http://localhost');
  const send = (status, value, headers = {}) => {
    requests.push({ method: request.method, path: request.url, status });
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(value === undefined || status === 204 ? undefined : JSON.stringify(value));
  };
  try {
    if (url.pathname.startsWith('/stand-in/')) {
      if (request.method === 'POST') faults.push(JSON.parse(body));
      return response.end(JSON.stringify({ requests, violations, repositories: state.listed() }));
    }
    const isHit = (fault) =>
      fault.times > 0 && (fault.method ?? request.method) === request.method && new RegExp(fault.path).test(request.url);
    const fault = faults.find(isHit);
    if (fault) {
      fault.times -= 1;
      if (!fault.lose) return send(fault.status, fault.body ?? { message: 'a fault of the stand-in' }, fault.headers);
    }
    if (/^\/.+\.git\//.test(url.pathname)) return git(request, url, body, response, fault?.lose);
    const problem = state.check(request.method, url, body);
    if (problem) {
      violations.push(`${request.method} ${request.url}: ${problem}`);
      return send(400, { message: `the schema does not allow this: ${problem}` });
    }
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const answer = await state.answer(request.method, url, body.length ? JSON.parse(body) : undefined, token);
    if (fault?.lose) return request.socket.destroy();
    return send(answer.status, answer.body, answer.headers);
  } catch (error) {
    violations.push(`${request.method} ${request.url}: ${error.stack}`);
    return send(500, { message: String(error) });
  }
});

/** Git over HTTP, as `git http-backend` speaks it, for whoever has a token. */
function git(request, url, body, response, lose) {
  const credential = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
  const path = decodeURIComponent(url.pathname);
  const repository = path.slice(1, path.indexOf('.git/'));
  const status = state.git(repository, credential.slice(credential.indexOf(':') + 1), url.toString().includes('receive-pack'));
  requests.push({ method: request.method, path: request.url, status });
  if (status !== 200) {
    response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {});
    return response.end();
  }
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      PATH_INFO: path,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
      REMOTE_USER: 'portico',
    },
  });
  const out = [];
  backend.stdout.on('data', (chunk) => out.push(chunk));
  backend.stdin.on('error', () => {});
  backend.stdin.end(body);
  backend.on('close', () => {
    if (lose) return request.socket.destroy();
    const all = Buffer.concat(out);
    const end = all.indexOf('\r\n\r\n');
    const headers = all.subarray(0, end).toString().split('\r\n').map((line) => line.split(': '));
    const code = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(parseInt(code, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    return response.end(all.subarray(end + 4));
  });
}

function stop() {
  rmSync(repositories, { recursive: true, force: true });
  process.exit(0);
}
process.on('SIGTERM', stop);
process.stdin.on('end', stop).resume();
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, repositories })));
