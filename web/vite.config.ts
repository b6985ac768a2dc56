import { defineConfig } from "vite";

// Everything ends in one script and one style sheet, named by their content; scripts/web.sh puts them
// where the build of the service embeds them.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../build/web",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
