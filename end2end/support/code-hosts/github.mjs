// GitHub, as far as publishing needs it. Each request is checked against GitHub's own OpenAPI description of its enterprise cloud, which knows internal repositories.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import Ajv from 'ajv';
import addFormats from 'ajv-formats';

import { Repository } from './git.mjs';

const require = createRequire(import.meta.url);
const file = require.resolve('@octokit/openapi').replace(/index\.js$/, 'generated/ghec.json');
const description = JSON.parse(readFileSync(file, 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
addFormats(ajv);
ajv.addSchema({ ...description, $id: 'github' }, 'github');

const BASE = '/api/v3';

/** Paths with more literal steps first, so that `/user/repos` is not read as something of a user. */
const paths = Object.keys(description.paths)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{ref\}|\{path\}/g, '(.+)').replace(/\{[^}]+\}/g, '([^/]+)')}$`) }))
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length);

const pointer = (...steps) => `github#/${steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** Why GitHub would not understand a request; nothing where it would. */
function check(method, url, body) {
  if (!url.pathname.startsWith(`${BASE}/`)) return 'it is not below the API';
  const path = url.pathname.slice(BASE.length);
  const found = paths.find((each) => each.pattern.test(path) && description.paths[each.path][method.toLowerCase()]);
  if (!found) return 'there is no such operation';
  const operation = description.paths[found.path][method.toLowerCase()];
  const resolve = (each) => (each.$ref ? each.$ref.slice(2).split('/').reduce((at, step) => at[step], description) : each);
  const parameters = [...(operation.parameters ?? []), ...(description.paths[found.path].parameters ?? [])].map(resolve);
  for (const [name, value] of url.searchParams) {
    const parameter = parameters.find((each) => each.in === 'query' && each.name === name);
    if (!parameter) return `there is no parameter ${name}`;
    if (parameter.schema.enum && !parameter.schema.enum.includes(value)) return `${name} may not be ${value}`;
  }
  if (!operation.requestBody) return body.length ? 'it takes no body' : undefined;
  if (!body.length) return operation.requestBody.required ? 'the body is missing' : undefined;
  const value = JSON.parse(body);
  const validate = ajv.compile({ $ref: pointer('paths', found.path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema') });
  if (!validate(value)) return ajv.errorsText(validate.errors);
  // The description leaves further properties open, and GitHub ignores them: here they are mistakes.
  const schema = resolve(operation.requestBody.content['application/json'].schema);
  const unknown = schema.properties && Object.keys(value).find((name) => !(name in schema.properties));
  return unknown ? `there is no property ${unknown}` : undefined;
}

const ORGANIZATIONS = ['bank'];
const PEOPLE = ['portal', 'jane'];
/** Who has which token. */
const TOKENS = { 'good-token': 'portal', 'jane-token': 'jane' };

export function host(root) {
  const repositories = new Map();
  // Whoever wants to open what is sealed brings the key.
  const fresh = () => generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  const key = process.env.STAND_IN_SEAL_KEY ?? fresh();
  const missing = { status: 404, body: { message: 'Not Found' } };
  const invalid = (message) => ({ status: 422, body: { message: 'Validation Failed', errors: [{ message }] } });
  const ok = (body, status = 200) => ({ status, body });
  const named = (owner, repo) => repositories.get(`${owner}/${repo}`.toLowerCase());
  const isSeen = (found, login) => found && (found.visibility === 'public' || login === 'portal');

  const shown = (found) => ({
    id: found.id,
    name: found.name,
    full_name: `${found.owner}/${found.name}`,
    private: found.visibility !== 'public',
    visibility: found.visibility,
    default_branch: found.git.defaultBranch(found.settings.default_branch ?? 'main'),
    ...found.settings,
  });

  function create(owner, body) {
    if (named(owner, body.name)) {
      const error = { resource: 'Repository', code: 'custom', field: 'name', message: 'name already exists on this account' };
      return { status: 422, body: { message: 'Repository creation failed.', errors: [error] } };
    }
    const found = {
      id: repositories.size + 1,
      owner,
      name: body.name,
      visibility: body.visibility ?? (body.private ? 'private' : 'public'),
      settings: {},
      pulls: [],
      variables: {},
      secrets: {},
      shares: {},
      topics: [],
      git: new Repository(root, `${owner}/${body.name}`),
    };
    repositories.set(`${owner}/${body.name}`.toLowerCase(), found);
    return ok(shown(found), 201);
  }

  function ofRepository(method, found, rest, url, body, owner) {
    const { git } = found;
    const [first, second] = rest;
    const at = `${method} ${first ?? ''}`;
    if (at === 'GET ') return ok(shown(found));
    if (at === 'PATCH ') {
      if (body.default_branch && !git.head(body.default_branch)) return invalid('Cannot update default branch: no such branch');
      Object.assign(found.settings, body);
      return ok(shown(found));
    }
    if (at === 'PUT topics') {
      found.topics = body.names;
      return ok({ names: body.names });
    }
    if (at === 'PUT collaborators') {
      if (!PEOPLE.includes(second)) return missing;
      found.shares[second] = body.permission;
      return { status: 204 };
    }
    if (first === 'branches' && rest[2] === 'protection') {
      if (!git.head(decodeURIComponent(second))) return { status: 404, body: { message: 'Branch not found' } };
      if (found.visibility !== 'public' && !ORGANIZATIONS.includes(found.owner)) {
        return { status: 403, body: { message: 'Upgrade to GitHub Pro or make this repository public to enable this feature.' } };
      }
      if (rest[3]) return ok({ enabled: true });
      found.protection = body;
      return ok({});
    }
    if (first === 'actions' && second === 'variables') {
      const name = rest[2] ?? body.name;
      if (method === 'POST' && name in found.variables) return { status: 409, body: { message: 'Already exists - Variable already exists' } };
      found.variables[name] = body.value;
      return method === 'POST' ? ok({}, 201) : { status: 204 };
    }
    if (at === 'GET actions' && rest[2] === 'public-key') return ok({ key_id: '4711', key });
    if (at === 'PUT actions' && second === 'secrets') {
      found.secrets[rest[2]] = body.encrypted_value;
      return ok({}, 201);
    }
    if (at === 'PUT actions' || at === 'PUT subscription') return ok({}, second === 'oidc' ? 201 : 200);
    if (at === 'GET contents') {
      const ref = url.searchParams.get('ref');
      return git.has(`${ref}:${rest.slice(1).map(decodeURIComponent).join('/')}`) ? ok({ type: 'file' }) : missing;
    }
    if (at === 'GET pulls') {
      const [, head] = (url.searchParams.get('head') ?? ':').split(':');
      const state = url.searchParams.get('state') ?? 'open';
      return ok(found.pulls.filter((pull) => pull.head.ref === head && (state === 'all' || pull.state === state)));
    }
    if (at === 'POST pulls' && !second) {
      const sha = git.head(body.head);
      if (!sha) return invalid('head is invalid');
      if (found.pulls.some((pull) => pull.head.ref === body.head && pull.state === 'open')) {
        return invalid(`A pull request already exists for ${owner}:${body.head}.`);
      }
      if (sha === git.head(body.base)) return invalid(`No commits between ${body.base} and ${body.head}`);
      const pull = { number: found.pulls.length + 1, state: 'open', title: body.title, body: body.body, draft: body.draft, head: { ref: body.head, sha }, base: { ref: body.base } };
      found.pulls.push(pull);
      return ok(pull, 201);
    }
    if (at === 'POST pulls' || at === 'POST issues') {
      const pull = found.pulls.find((pull) => pull.number === Number(second));
      if (!pull) return missing;
      if (body.reviewers?.some((name) => !PEOPLE.includes(name))) return invalid('Reviews may only be requested from collaborators.');
      Object.assign(pull, body);
      return ok({}, 201);
    }
    return first === 'git' ? ofGit(method, git, rest.slice(1), body) : missing;
  }

  function ofGit(method, git, rest, body) {
    const [first] = rest;
    const name = rest.slice(2).map(decodeURIComponent).join('/');
    const reference = (sha) => ({ ref: `refs/heads/${name}`, object: { type: 'commit', sha } });
    if (git.branches().length === 0) return { status: 409, body: { message: 'Git Repository is empty.' } };
    if (method === 'GET' && first === 'ref') {
      const sha = git.head(name);
      return sha ? ok(reference(sha)) : missing;
    }
    if (method === 'GET' && first === 'commits') return git.has(rest[1]) ? ok(git.read(rest[1])) : missing;
    if (first === 'blobs') return ok({ sha: git.blob(Buffer.from(body.content, body.encoding === 'base64' ? 'base64' : 'utf8')) }, 201);
    if (first === 'trees') return ok({ sha: git.tree(body.base_tree, body.tree) }, 201);
    if (first === 'commits') return ok(git.read(git.commit(body.message, body.tree, body.parents, body.author)), 201);
    if (method === 'POST' && first === 'refs') {
      if (git.head(body.ref.replace('refs/heads/', ''))) return { status: 422, body: { message: 'Reference already exists' } };
      git.run(['update-ref', body.ref, body.sha]);
      return ok({ ref: body.ref, object: { sha: body.sha } }, 201);
    }
    if (method === 'PATCH' && first === 'refs') {
      if (git.run(['merge-base', git.head(name), body.sha]) !== git.head(name)) return { status: 422, body: { message: 'Update is not a fast forward' } };
      git.run(['update-ref', `refs/heads/${name}`, body.sha]);
      return ok(reference(body.sha));
    }
    return missing;
  }

  return {
    check,
    listed: () => [...repositories.values()].map(({ git, ...rest }) => ({ ...rest, branches: git.branches() })),
    git(name, token, writes) {
      const found = repositories.get(name.toLowerCase());
      const login = TOKENS[token];
      if (!login && token) return 401;
      if (!found || !isSeen(found, login)) return login ? 404 : 401;
      return writes && login !== 'portal' ? 403 : 200;
    },
    async answer(method, url, body, token) {
      const login = TOKENS[token];
      if (!login) return { status: 401, body: { message: `Bad credentials: ${token}` } };
      const steps = url.pathname.slice(BASE.length + 1).split('/');
      if (steps[0] === 'user' && steps.length === 1) return ok({ login });
      if (steps[0] === 'users') {
        const name = decodeURIComponent(steps[1]);
        if (ORGANIZATIONS.includes(name)) return ok({ login: name, type: 'Organization' });
        return PEOPLE.includes(name) ? ok({ login: name, type: 'User' }) : missing;
      }
      if (steps[0] === 'user') return create(login, body);
      if (steps[0] === 'orgs' && steps[2] === 'repos') {
        if (!ORGANIZATIONS.includes(steps[1])) return missing;
        return create(steps[1], body);
      }
      const [owner, repo] = steps[0] === 'orgs' ? steps.slice(5) : steps.slice(1);
      const found = named(decodeURIComponent(owner), decodeURIComponent(repo));
      if (!isSeen(found, login)) return missing;
      if (steps[0] === 'orgs') {
        found.shares[`team:${steps[3]}`] = body.permission;
        return { status: 204 };
      }
      return ofRepository(method, found, steps.slice(3), url, body, owner);
    },
  };
}
