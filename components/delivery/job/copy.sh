# The files of one service, each with limits and a witness. Limits: a file that locks gives up in time
# instead of queueing every reader behind it; what it sets itself counts. Witness: its last statement
# notes on the table of versions that it was done. PostgreSQL runs a file as one transaction, so the
# note is there exactly when the file's changes are, whoever was killed in between. A statement that
# refuses a transaction, and a loop that commits, stand alone and can have neither: an index built
# CONCURRENTLY is its own witness, and batches go on where they ended.
set -eu
for file in "$SOURCE"/*.sql; do
  name=${file##*/}
  if [ "$WITNESS" != yes ] || sed 's/--.*//' "$file" |
    grep -qiE 'concurrently|vacuum|alter +system|^[[:space:]]*commit[[:space:]]*;'; then
    cat "$file" > "$FILES/$name"
    continue
  fi
  number=$(echo "${name%%_*}" | sed 's/^0*//')
  case $name in *.down.sql) way=down ;; *) way=up ;; esac
  { # On the first line, so that golang-migrate's errors name the lines of the file.
    printf "set local lock_timeout = '%s'; " "$LOCK_TIMEOUT"
    printf "set local statement_timeout = '%s'; " "$STATEMENT_TIMEOUT"
    cat "$file"
    printf "\n;comment on table %s is '%s %s';\n" "$TABLE" "$number" "$way"
  } > "$FILES/$name"
done
