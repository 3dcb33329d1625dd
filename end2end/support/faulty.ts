import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is wrong in the faulty location, as `file:line:column`. */
export const ERRORS = ['branches.yaml:4:9', 'catalog-info.yaml:18:9', 'catalog-info.yaml:30:3'];
/** The line of catalog-info.yaml with a warning, in a document that loads all the same. */
export const WARNED_LINE = 8;

const SERVICES = `# Reporting to the regulator.
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  namespace: regulatory
  name: ledger-export
  anotations: { team: reporting }
spec:
  type: service
  lifecycle: experimental
  owner: group:default/loan-servicing
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  namespace: regulatory
  name: Liquidity Report
spec:
  type: service
  lifecycle: experimental
  owner: group:default/loan-servicing
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  namespace: regulatory
  name: capital-report
spec:
  type: service
  lifecycle: experimental
`;

const BROKEN = `apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  name: "branch-register
spec: {}
`;

const GONE = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  namespace: regulatory
  name: paper-statements
spec:
  type: service
  lifecycle: experimental
  owner: group:default/loan-servicing
`;

/** Writes the faulty location into `dir`, has it read, takes a file away and has it read again: that leaves an orphan. */
export function registerFaulty(dir: string, read: (dir: string) => void): void {
  mkdirSync(dir);
  writeFileSync(join(dir, 'catalog-info.yaml'), SERVICES);
  writeFileSync(join(dir, 'branches.yaml'), BROKEN);
  writeFileSync(join(dir, 'statements.yaml'), GONE);
  read(dir);
  rmSync(join(dir, 'statements.yaml'));
  read(dir);
}
