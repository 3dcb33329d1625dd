// GitLab, as far as publishing needs it. Each request is checked against gitlab.schema.json, written from GitLab's documentation of its REST API.

import { readFileSync } from 'node:fs';

import Ajv from 'ajv';

import { Repository } from './git.mjs';

const operations = JSON.parse(readFileSync(new URL('gitlab.schema.json', import.meta.url), 'utf8')).operations;
const ajv = new Ajv({ strict: false, allErrors: true });
const BASE = '/api/v4';

const known = Object.entries(operations).map(([name, operation]) => {
  const [method, path] = name.split(' ');
  return { method, pattern: new RegExp(`^${path.replace(/:[a-z_]+/g, '([^/]+)')}$`), body: operation.body && ajv.compile(operation.body) };
});

/** Why GitLab would not understand a request; nothing where it would. */
function check(method, url, body) {
  const path = url.pathname.startsWith(`${BASE}/`) ? url.pathname.slice(BASE.length) : undefined;
  const found = known.find((each) => each.method === method && path && each.pattern.test(path));
  if (!found) return 'there is no such operation';
  if (url.search) return 'it takes no query';
  if (!found.body) return body.length ? 'it takes no body' : undefined;
  if (!body.length) return 'the body is missing';
  return found.body(JSON.parse(body)) ? undefined : ajv.errorsText(found.body.errors);
}

const NAMESPACES = { payments: 10, 'payments/core': 11, portal: 12 };
const TOKENS = { 'good-token': { id: 1, username: 'portal' }, 'jane-token': { id: 2, username: 'jane' } };

export function host(root) {
  const projects = new Map();
  const ok = (body, status = 200) => ({ status, body });
  const missing = { status: 404, body: { message: '404 Project Not Found' } };
  const taken = (field) => ({ status: 400, body: { message: { [field]: ['has already been taken'] } } });
  const shown = ({ git, variables, members, protectedBranches, ...rest }) => ({ ...rest, empty_repo: git.branches().length === 0 });
  const find = (id) => [...projects.values()].find((each) => String(each.id) === id || each.path_with_namespace === id);
  const isSeen = (found, user) => found && (found.visibility !== 'private' || user.username === 'portal' || found.members[user.id]);

  return {
    check,
    listed: () => [...projects.values()].map(({ git, ...rest }) => ({ ...rest, branches: git.branches() })),
    git(name, token, writes) {
      const user = TOKENS[token];
      const found = projects.get(name);
      if (!user && token) return 401;
      if (!found || !user || !isSeen(found, user)) return user ? 404 : 401;
      return writes && user.username !== 'portal' ? 403 : 200;
    },
    async answer(method, url, body, token) {
      const user = TOKENS[token];
      if (!user) return { status: 401, body: { message: '401 Unauthorized' } };
      const [first, id, ...rest] = url.pathname.slice(BASE.length + 1).split('/').map(decodeURIComponent);
      if (first === 'user') return ok(user);
      if (first === 'namespaces') {
        return id in NAMESPACES ? ok({ id: NAMESPACES[id], full_path: id, kind: 'group' }) : { status: 404, body: { message: '404 Namespace Not Found' } };
      }
      if (method === 'POST' && !id) {
        const namespace = Object.keys(NAMESPACES).find((name) => NAMESPACES[name] === body.namespace_id);
        const path = `${namespace}/${body.path}`;
        if (projects.has(path)) return taken('path');
        const project = {
          ...body,
          id: 100 + projects.size,
          path_with_namespace: path,
          variables: {},
          members: {},
          protectedBranches: [],
          git: new Repository(root, path),
        };
        projects.set(path, project);
        return ok(shown(project), 201);
      }
      const found = find(id);
      if (!isSeen(found, user)) return missing;
      if (rest.length === 0) return ok(shown(found));
      switch (`${method} ${rest[0]}`) {
        case 'POST repository': {
          if (found.git.head(body.branch)) return { status: 400, body: { message: 'Branch already exists' } };
          const from = found.git.head(body.ref);
          if (!from) return { status: 400, body: { message: 'Invalid reference name' } };
          found.git.run(['update-ref', `refs/heads/${body.branch}`, from]);
          return ok({ name: body.branch }, 201);
        }
        case 'POST protected_branches':
          if (found.protectedBranches.includes(body.name)) return { status: 409, body: { message: `Protected branch '${body.name}' already exists` } };
          found.protectedBranches.push(body.name);
          return ok({ name: body.name }, 201);
        case 'POST variables':
          if (body.key in found.variables) return { status: 400, body: { message: { key: [`(${body.key}) has already been taken`] } } };
          found.variables[body.key] = body;
          return ok(body, 201);
        case 'PUT variables':
          found.variables[rest[1]] = body;
          return ok(body);
        case 'POST members':
          if (found.members[body.user_id]) return { status: 409, body: { message: 'Member already exists' } };
          found.members[body.user_id] = body.access_level;
          return ok(body, 201);
        default:
          return missing;
      }
    },
  };
}
