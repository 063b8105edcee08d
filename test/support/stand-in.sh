#!/bin/sh
# Stands in for `windsock-airflow`: starts at once, is healthy at once, and fails as the deployment's variables say:
# {"FAIL": "<component>"} ends it at its start, {"SICK": "<component>"} never lets it be healthy. While there is a
# file `components-down`, none of them starts; while there is a file `components-stay`, none ends that is told to; while
# there is a file `small-starves`, a scheduler of size SMALL ends. Of an image that is broken (STAND_IN_BROKEN), nothing
# starts at all.
fails() { case "$WINDSOCK_VARIABLES" in *"\"$1\":\"$2\""*) return 0 ;; esac; return 1; }
starves() {
  [ "$1" = scheduler ] && [ -e "$STAND_IN_FOLDER/small-starves" ] || return 1
  case "$WINDSOCK_SETTINGS" in *'"AIRFLOW__CORE__PARALLELISM":"64"'*) return 0 ;; esac
  return 1
}
[ -z "$STAND_IN_BROKEN" ] || { echo "ModuleNotFoundError: No module named 'airflow'" >&2; exit 1; }
case "$1" in
  database)
    [ -n "$WINDSOCK_CELL_DATABASE_PASSWORD" ] || { echo "no password of the cell" >&2; exit 1; }
    [ -e "$STAND_IN_FOLDER/database-down" ] && { echo "database $2 failed: the server does not answer" >&2; exit 1; }
    while [ -e "$STAND_IN_FOLDER/database-hangs" ]; do sleep 0.1; done
    echo "$2 $WINDSOCK_DATABASE_NAME" >> "$STAND_IN_FOLDER/databases"
    ;;
  health)
    fails SICK "$2" && exit 1
    exit 0
    ;;
  *)
    [ -e "$STAND_IN_FOLDER/components-down" ] && { echo "RuntimeError: the $1 cannot start now" >&2; exit 4; }
    if fails FAIL "$1"; then
      echo "AirflowConfigException: not with $WINDSOCK_FERNET_KEY and $WINDSOCK_VARIABLES" >&2
      exit 3
    fi
    echo "$1 runs"
    trap 'while [ -e "$STAND_IN_FOLDER/components-stay" ]; do sleep 0.1; done; exit 0' TERM
    until starves "$1"; do sleep 1 & wait $!; done
    echo "MemoryError: the $1 is too small" >&2
    exit 5
    ;;
esac
