#!/bin/sh
# Runs nvcc for the tests and keeps what it says of a kernel, and the PTX it has made, in a folder
# beside the object: keep_report.sh NVCC ARGUMENTS... A kernel is compiled once, and looked at often.
object=
previous=
for word; do
  if [ "$previous" = -o ]; then object=$word; fi
  previous=$word
done
case $object in
*.cu.o) ;;
*) exec "$@" ;;
esac
rm -rf "$object.kept"
mkdir -p "$object.kept"
"$@" --keep --keep-dir "$object.kept" >"$object.kept/report.txt" 2>&1
status=$?
cat "$object.kept/report.txt"
exit "$status"
