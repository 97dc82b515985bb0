import { expect, test } from "@playwright/test";
import {
  builtIn,
  expectSameInstances,
  realModels,
  requantized,
  scenes,
  segmentInNode,
  segmentInPage,
  sharedModel,
  sharedPhotos,
} from "./photos.js";
import { sharedData } from "./servers.js";

test("Scene_BuiltInModelOnWebgpu_SameInstancesAsInNode", async ({ page }) => {
  test.setTimeout(600_000);
  const scene = scenes.slice(1, 2);
  const [inPage] = await segmentInPage(page, builtIn, scene, "webgpu");
  const [inNode] = await segmentInNode(builtIn, scene);
  expect(inPage!.length).toBeGreaterThan(3);
  await expectSameInstances(inPage!, inNode!);
});

// The software adapter needs about a minute per photo: MASKLET_WEBGPU_PHOTOS=20 runs twenty.
test("Photos_Yolov8OnWebgpu_SameInstancesAsInNode", async ({ page }) => {
  const count = Number(process.env.MASKLET_WEBGPU_PHOTOS ?? 0);
  test.skip(
    sharedData() === null,
    "the photos and models outside the repository are not on this machine",
  );
  test.skip(
    count === 0,
    "slow on a software adapter: MASKLET_WEBGPU_PHOTOS names how many photos to run",
  );
  test.setTimeout((count + 2) * 240_000);
  const photos = sharedPhotos(count);
  const inPage = await segmentInPage(page, sharedModel(), photos, "webgpu");
  const inNode = await segmentInNode(sharedModel(), photos);
  for (const [index, instances] of inPage.entries())
    await expectSameInstances(instances, inNode[index]!);
});

// By input size: models that a software adapter runs within a minute always run.
for (const { name, model, photos } of realModels) {
  test(`Photos_${name}OnWebgpu_SameInstancesAsInNode`, async ({ page }) => {
    const isSlow = Number(/-(\d{3})(?:-|$)/.exec(name)![1]) > 416;
    test.skip(
      sharedData() === null,
      "the photos and models outside the repository are not on this machine",
    );
    test.skip(
      isSlow && !process.env.MASKLET_WEBGPU_PHOTOS,
      "slow on a software adapter: MASKLET_WEBGPU_PHOTOS runs it",
    );
    test.setTimeout(600_000);
    const one = photos().slice(0, 1);
    const [inPage] = await segmentInPage(page, model(), one, "webgpu");
    const [inNode] = await segmentInNode(model(), one);
    expect(inPage!.length).toBeGreaterThan(1);
    await expectSameInstances(inPage!, inNode!, name.endsWith("int8") ? requantized : undefined);
  });
}
