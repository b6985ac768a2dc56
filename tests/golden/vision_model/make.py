"""Picture vectors of transformers 4.57.3 (PyTorch 2.4.1, f32) on tiny models with random weights, one
a family, from ../picture's pictures.

    python make.py

A folder a model: config.json, preprocessor_config.json, model.safetensors. vectors.csv:
model,what,picture,values: "pixels", what the Pillow-based processor makes of ../picture/NAME laid on
white (64 of the values, spread over the whole), and "vector", what the model makes of these pixels:
the class token behind the last norm (ViT, DeiT), image_embeds or pooler_output (CLIP), pooler_output
or the mean of last_hidden_state (SigLIP)."""
import csv
import json
import shutil
from pathlib import Path

import numpy as np
import torch
import transformers as tr
from PIL import Image

PICTURES = ["plain.png", "grey.png", "alpha.png", "palette.png"]
TINY = dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, image_size=16)
IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
CLIP = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])


def clip(**more):
    return tr.CLIPVisionConfig(patch_size=8, projection_dim=6, **TINY, **more)


FAMILIES = {
    "vit": (lambda: tr.ViTModel(tr.ViTConfig(patch_size=8, initializer_range=0.3, **TINY), add_pooling_layer=False),
            tr.ViTImageProcessor(size={"height": 16, "width": 16})),
    "vit_plain": (lambda: tr.ViTModel(tr.ViTConfig(patch_size=5, qkv_bias=False, initializer_range=0.3, hidden_act="gelu_new", **TINY), add_pooling_layer=True),
                  tr.ViTImageProcessor(size={"height": 16, "width": 16}, resample=1, do_normalize=False)),
    "deit": (lambda: tr.DeiTModel(tr.DeiTConfig(patch_size=4, initializer_range=0.3, **TINY), add_pooling_layer=False),
             tr.DeiTImageProcessor(size={"height": 20, "width": 20}, crop_size={"height": 16, "width": 16}, resample=3, **IMAGENET)),
    "clip": (lambda: tr.CLIPVisionModel(clip()), tr.CLIPImageProcessor(size={"shortest_edge": 18}, crop_size=16, **CLIP)),
    "clip_projected": (lambda: tr.CLIPVisionModelWithProjection(clip(hidden_act="gelu")), tr.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=16, **CLIP)),
    "siglip": (lambda: tr.SiglipVisionModel(tr.SiglipVisionConfig(patch_size=8, **TINY)), tr.SiglipImageProcessor(size={"height": 16, "width": 16}, resample=3)),
    "siglip_mean": (lambda: tr.SiglipVisionModel(tr.SiglipVisionConfig(patch_size=8, vision_use_head=False, **TINY)),
                    tr.SiglipImageProcessor(size={"height": 16, "width": 16}, resample=2)),
}


def on_white(name):
    rgba = np.asarray(Image.open(f"../picture/{name}").convert("RGBA")).astype(np.uint32)
    return Image.fromarray(((rgba[..., :3] * rgba[..., 3:] + 255 * (255 - rgba[..., 3:]) + 127) // 255).astype(np.uint8))


def vector(name, out):
    if name == "clip_projected":
        return out.image_embeds[0]
    if name in ("clip", "siglip"):
        return out.pooler_output[0]
    return out.last_hidden_state[0].mean(0) if name == "siglip_mean" else out.last_hidden_state[0, 0]


def main():
    rows = csv.writer(open("vectors.csv", "w", newline=""), lineterminator="\n")
    rows.writerow(["model", "what", "picture", "values"])
    for number, (name, (build, processor)) in enumerate(FAMILIES.items()):
        torch.manual_seed(number + 1)
        model = build().eval()
        for p in model.parameters():  # norms, biases and tokens too; matrices far from small
            p.data += (0.2 if p.dim() == 1 else 0.3) * torch.randn_like(p)
        shutil.rmtree(name, ignore_errors=True)
        model.save_pretrained(name)
        processor.save_pretrained(name)
        for i, picture in enumerate(PICTURES):
            pixels = processor(on_white(picture), return_tensors="pt").pixel_values
            flat = pixels[0].flatten()
            rows.writerow([name, "pixels", i, *[f"{x:.7g}" for x in flat[::flat.numel() // 64][:64].tolist()]])
            with torch.no_grad():
                rows.writerow([name, "vector", i, *[f"{x:.7g}" for x in vector(name, model(pixels)).tolist()]])


main()
