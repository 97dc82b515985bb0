import { expect } from "@playwright/test";
import { test } from "./engines/test.js";
import {
  builtIn,
  expectSameInstances,
  realModels,
  scenes,
  segmentInNode,
  segmentInPage,
  sharedModel,
  sharedPhotos,
} from "./photos.js";
import { sharedData } from "./servers.js";

test("Scenes_BuiltInModelOnWasm_SameInstancesAsInNode", async ({ page }) => {
  const inPage = await segmentInPage(page, builtIn, scenes, "wasm");
  const inNode = await segmentInNode(builtIn, scenes);
  for (const [index, instances] of inPage.entries()) {
    expect(instances.length).toBeGreaterThan(3);
    await expectSameInstances(instances, inNode[index]!);
  }
});

test("TwentyPhotos_Yolov8OnWasm_SameInstancesAsInNode", async ({ page }) => {
  test.skip(
    sharedData() === null,
    "the photos and models outside the repository are not on this machine",
  );
  test.setTimeout(600_000);
  const photos = sharedPhotos(20);
  const inPage = await segmentInPage(page, sharedModel(), photos, "wasm");
  const inNode = await segmentInNode(sharedModel(), photos);
  expect(inPage.flat().length).toBeGreaterThan(20);
  for (const [index, instances] of inPage.entries())
    await expectSameInstances(instances, inNode[index]!);
});

for (const { name, model, photos } of realModels) {
  test(`Photos_${name}OnWasm_SameInstancesAsInNode`, async ({ page }) => {
    test.skip(
      sharedData() === null,
      "the photos and models outside the repository are not on this machine",
    );
    const inPage = await segmentInPage(page, model(), photos(), "wasm");
    // A dynamically quantized network gives equal results only on the same build.
    const inNode = await segmentInNode(model(), photos(), "wasm");
    for (const [index, instances] of inPage.entries()) {
      expect(instances.length).toBeGreaterThan(1);
      await expectSameInstances(instances, inNode[index]!);
    }
  });
}
