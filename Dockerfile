# A server of a packed model, which is not in the image but mounted: docs/use/serving.md says how to build and run it.
ARG BASE=python:3.12-slim-bookworm
# hadolint ignore=DL3006
FROM ${BASE}

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --no-create-home --uid 10001 c2ser

# PyTorch without CUDA; with --build-arg TORCH_INDEX=https://pypi.org/simple with it.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --index-url "${TORCH_INDEX}" torch

WORKDIR /opt/c2ser
COPY setup.py pyproject.toml ./
COPY c2ser c2ser
# hadolint ignore=DL3013
RUN pip install --no-cache-dir '.[serve]'

USER 10001
# Libraries put caches below HOME; nothing is downloaded.
ENV HOME=/tmp HF_HUB_OFFLINE=1
WORKDIR /tmp

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=8)"]

# All addresses of the container; which of the host's reach it is said by docker run --publish.
ENTRYPOINT ["c2ser", "serve", "--host", "0.0.0.0"]
CMD ["--model", "/model"]
