// Uploads one file with a real tus client: what to do comes as JSON on standard input.
import { readFileSync } from "node:fs";

const order = JSON.parse(readFileSync(0, "utf8"));
const bytes = readFileSync(order.file);
const common = {
  endpoint: order.endpoint,
  headers: { Authorization: `Bearer ${order.token}` },
  retryDelays: [0, 20, 50, 100, 200, 400, 800, 1600],
  chunkSize: order.chunk ?? Infinity,
  uploadDataDuringCreation: order.during ?? false,
};
const metadata = { sha256: order.sha256, filename: "photo.jpg" };

async function withTus() {
  const { Upload } = await import("tus-js-client");
  await new Promise((resolve, reject) => {
    new Upload(bytes, { ...common, metadata, onSuccess: resolve, onError: reject }).start();
  });
}

async function withUppy() {
  const { default: Uppy } = await import("@uppy/core");
  const { default: Tus } = await import("@uppy/tus");
  const uppy = new Uppy({ autoProceed: false });
  uppy.use(Tus, { ...common, allowedMetaFields: ["sha256"], limit: 1 });
  // In Node the client beneath takes a Buffer, which knows its size by another name than a Blob.
  const data = Object.assign(bytes, { size: bytes.length });
  uppy.addFile({ name: "photo.jpg", type: "image/jpeg", data, meta: metadata });
  const { failed } = await uppy.upload();
  if (failed.length > 0) throw new Error(failed[0].error);
}

try {
  await { "tus-js-client": withTus, "@uppy/tus": withUppy }[order.client]();
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
