#!/usr/bin/env bash
# Makes docs/report.png, the picture in the README, of the page that `make demo` writes. Needs Chromium.
#   Tools/report_png.sh [PAGE]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
page=$(realpath "${1:-$root/demo-report/index.html}")
chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,1180 \
  --screenshot="$root/docs/report.png" "file://$page"
