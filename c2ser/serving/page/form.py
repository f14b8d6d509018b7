"""The page's form, which Gradio draws."""

import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path, PurePath

from fastapi import FastAPI
from starlette.types import ASGIApp

from c2ser.languages import LANGUAGES
from c2ser.serving.limits import Limits
from c2ser.serving.page.clips import Clips
from c2ser.serving.page.drawn import Drawn
from c2ser.serving.service import Service

FOLDER = Path(__file__).parent
SYSTEM_FONTS = ["system-ui", "sans-serif"]
MODES = [("reasons, then the emotion", "explicit"), ("the emotion alone", "implicit")]


def page_app(service: Service, clips: Clips) -> ASGIApp:
    """Returns the application that draws the form.

    Args:
        service: answers.
        clips: has the examples.
    """
    folder = _settle()
    import gradio as gr

    app = FastAPI()
    gr.mount_gradio_app(
        app,
        _form(PurePath(service.name).name, clips),
        "/",
        theme=gr.themes.Default(primary_hue="indigo", font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"]),
        css_paths=[FOLDER / "page.css"],
        head=f"<script>{_script(service.limits)}</script>",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
    )
    shutil.rmtree(folder, ignore_errors=True)  # now, since a server may end by a signal; nothing is written to it
    return Drawn(app)


def _script(limits: Limits) -> str:
    script = (FOLDER / "page.js").read_text(encoding="utf-8")
    return f"{script}\nc2ser.limit = {limits.bytes};\nc2ser.tooLarge = {json.dumps(limits.too_large)};"


@cache
def _settle() -> str:
    """Settles what Gradio reads when it is imported: no telemetry, and a folder that other users do not share."""
    folder = tempfile.mkdtemp(prefix="c2ser-page-")
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": folder}
    return folder


def _form(model: str, clips: Clips):
    import gradio as gr

    with gr.Blocks(title="C²SER", analytics_enabled=False, fill_width=True) as form:
        gr.Markdown(f"# Emotion in speech\n`{model}` names how speech sounds, not what a person feels.")
        with gr.Row():
            with gr.Column(scale=2, min_width=320, elem_id="form"):
                audio = gr.Audio(
                    sources=["upload", "microphone"],
                    type="filepath",
                    label="Speech",
                    elem_id="speech",
                    buttons=[],
                    editable=False,
                    waveform_options=gr.WaveformOptions(show_recording_waveform=False),
                )
                if clips.examples:
                    gr.Markdown("Or try an example:")
                with gr.Row(elem_id="examples"):
                    for key, example in clips.examples.items():
                        button = gr.Button(Path(example.name).stem, size="sm")
                        button.click(None, None, audio, js=_example_js(f"{key}/{example.name}"))
                with gr.Accordion("Options", open=False):
                    mode = gr.Radio(MODES, value="explicit", label="Answer")
                    languages = [
                        ("as the model chooses", ""),
                        *((language.name, code) for code, language in LANGUAGES.items()),
                    ]
                    language = gr.Dropdown(languages, value="", label="Language", info="of what is said")
                    cut = gr.Checkbox(label="in segments", info="recordings over 30 s always are")
            with gr.Column(scale=5, min_width=320):
                gr.HTML(elem_id="refused", apply_default_css=False)
                answer = gr.HTML(elem_id="answer", apply_default_css=False)
        inputs = [audio, mode, language, cut]
        asked = "(...asked) => c2ser.answer(...asked)"
        changes = [audio.change, mode.change, language.change, cut.change]
        gr.on(changes, None, inputs, answer, js=asked, trigger_mode="multiple")
    return form


def _example_js(path: str) -> str:
    return f"() => c2ser.example({json.dumps(path)})"
