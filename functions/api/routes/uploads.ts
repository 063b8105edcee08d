import { z } from 'zod';
import { parseBlockList } from '../../../core/deploy/block-list.ts';
import { getDeploy } from '../../../core/deploy/read.ts';
import { putBlob, putBlock, putBlockList } from '../../../core/deploy/upload.ts';
import { countUpload } from '../../../core/deploy/upload-limit.ts';
import { checkUpload } from '../../../core/deploy/upload-url.ts';
import { getDeployment } from '../../../core/deployment/read.ts';
import { conflict, invalid } from '../../../core/errors.ts';
import { demandNotDeleting } from '../../../core/operation/ask.ts';
import type { Scope } from '../../../core/scope.ts';
import { type RawRequest, type Reply, route } from '../route.ts';
import { inDeploy, noAnswer } from '../shapes.ts';

/** The version of the block-blob protocol that is spoken; clients read it and do not insist on one. */
const PROTOCOL_VERSION = '2023-11-03';

const UploadQuery = z.strictObject({
  expires: z.string().regex(/^\d{1,12}$/),
  signature: z.string().max(100),
  comp: z.enum(['block', 'blocklist']).optional(),
  blockid: z.string().min(1).max(200).optional(),
  timeout: z.string().optional(),
});

export const uploads = [
  route({
    operation: 'UploadBundle',
    method: 'PUT',
    path: '/uploads/{organizationId}/{deploymentId}/{deployId}',
    summary: "Upload a deploy's bundle, whole or in blocks, as Azure's block-blob protocol has it",
    access: { kind: 'signed-url' },
    params: inDeploy,
    query: UploadQuery,
    body: 'raw',
    answer: noAnswer,
    status: 201,
    async handle(scope, { params, query, request }, services) {
      await checkUpload(scope, services, params, query);
      demandNotDeleting(await getDeployment(services, params));
      const { bundle } = await getDeploy(services, params);
      if (bundle !== undefined) throw conflict('This deploy was finalized already. Create another one.');
      await countUpload(services, params, request.bytes.length);
      switch (query.comp) {
        case 'block':
          if (query.blockid === undefined) throw missing('blockid');
          await putBlock(services, params, query.blockid, request.bytes);
          return taken(scope, request);
        case 'blocklist':
          return taken(
            scope,
            request,
            await putBlockList(scope, services, params, parseBlockList(request.bytes)),
          );
        case undefined:
          if (request.headers['x-ms-blob-type'] !== 'BlockBlob') throw missing('x-ms-blob-type');
          return taken(scope, request, await putBlob(scope, services, params, request.bytes));
      }
    },
  }),
];

/** The answer that clients of the protocol read: 201, and for a whole blob its version. */
function taken({ now, requestId }: Scope, { headers }: RawRequest, version?: string): Reply<undefined> {
  const clientRequestId = headers['x-ms-client-request-id'];
  return {
    statusCode: 201,
    headers: {
      'x-ms-request-id': requestId,
      'x-ms-version': PROTOCOL_VERSION,
      'x-ms-request-server-encrypted': 'true',
      'last-modified': now.toUTCString(),
      ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
      ...(version === undefined ? {} : { 'x-ms-version-id': version, etag: `"${version}"` }),
    },
  };
}

function missing(field: string) {
  const message = field === 'x-ms-blob-type' ? 'this header must be BlockBlob' : 'is required';
  return invalid({ field, code: 'required', message });
}
