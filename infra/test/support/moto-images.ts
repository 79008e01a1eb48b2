/**
 * Pushes images to moto as BuildKit does with provenance: an index with the image and its
 * attestation.
 */

import { createHash } from 'node:crypto';
import { ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { ARCHITECTURE, REPOSITORY } from '../../platform/contract.ts';
import type { MotoClient } from './moto.ts';

export interface MotoImages {
  /** @returns the digest of the index. */
  push(tag: string, labels: Readonly<Record<string, string>>): Promise<string>;
  /** The configuration of an image. */
  blob(digest: string): string | undefined;
}

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

export function createMotoImages(client: MotoClient): MotoImages {
  const ecr = new ECRClient(client);
  const blobs = new Map<string, string>();

  async function put(manifest: object, imageTag?: string): Promise<string> {
    const text = JSON.stringify({ schemaVersion: 2, ...manifest });
    const imageDigest = digestOf(text);
    await ecr.send(
      new PutImageCommand({ repositoryName: REPOSITORY, imageManifest: text, imageDigest, imageTag }),
    );
    return imageDigest;
  }

  async function putImage(config: object): Promise<{ mediaType: string; digest: string }> {
    const text = JSON.stringify(config);
    blobs.set(digestOf(text), text);
    const described = { mediaType: CONFIG, digest: digestOf(text), size: text.length };
    return { mediaType: IMAGE, digest: await put({ mediaType: IMAGE, config: described, layers: [] }) };
  }

  return {
    async push(tag, labels) {
      const os = 'linux';
      // The tag makes each image different.
      const image = await putImage({ architecture: ARCHITECTURE.image, os, config: { Labels: labels }, tag });
      const attestation = await putImage({ architecture: 'unknown', os: 'unknown', tag });
      const manifests = [
        { ...attestation, platform: { architecture: 'unknown', os: 'unknown' } },
        { ...image, platform: { architecture: ARCHITECTURE.image, os } },
      ];
      return put({ mediaType: INDEX, manifests }, tag);
    },
    blob: (digest) => blobs.get(digest),
  };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
