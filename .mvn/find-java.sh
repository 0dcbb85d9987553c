# Sourced by mvnw and retrograde. Defines use_java_25, which exports JAVA_HOME as an installed
# JDK 25, or says how to install one and returns 1. POSIX sh; starts no process for a JDK that has
# a release file. Its twin for Windows is find-java.cmd: change both.

# is_jdk_25 DIR: a JDK (not only a run time) of version 25?
is_jdk_25() {
  [ -n "$1" ] || return 1
  [ -x "$1/bin/javac" ] || [ -x "$1/bin/javac.exe" ] || return 1
  if [ -f "$1/release" ]; then
    while IFS= read -r release_line || [ -n "$release_line" ]; do
      case "$release_line" in
      'JAVA_VERSION="25"'* | 'JAVA_VERSION="25.'*) return 0 ;;
      'JAVA_VERSION='*) return 1 ;;
      esac
    done <"$1/release"
  fi
  case "$("$1/bin/javac" -version 2>&1)" in
  'javac 25' | 'javac 25.'* | 'javac 25-'* | 'javac 25+'*) return 0 ;;
  esac
  return 1
}

# jdk_25_candidates: folders worth a look, one a line, those most likely wanted first.
jdk_25_candidates() {
  printf '%s\n' "${JAVA_HOME-}"
  java_on_path="$(command -v javac || true)"
  if [ -n "$java_on_path" ]; then
    java_on_path="$(readlink -f "$java_on_path" 2>/dev/null || printf '%s' "$java_on_path")"
    java_on_path="${java_on_path%/*}"
    printf '%s\n' "${java_on_path%/*}"
  fi
  if [ -x /usr/libexec/java_home ]; then
    /usr/libexec/java_home -v 25 2>/dev/null || true
  fi
  for jdk_folder in \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /opt/* /opt/java/* /opt/jdk/* \
    "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/* "${HOME-}"/.jdks/*/Contents/Home \
    "${HOME-}"/.local/share/mise/installs/java/* "${HOME-}"/.asdf/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /c/Program\ Files/Java/* /c/Program\ Files/Eclipse\ Adoptium/* \
    /c/Program\ Files/Microsoft/* /c/Program\ Files/Zulu/*; do
    [ ! -d "$jdk_folder" ] || printf '%s\n' "$jdk_folder"
  done
}

no_jdk_25() {
  {
    echo "No JDK 25 was found, and Retrograde needs one (a JDK, not only a Java run time)."
    if [ -n "${JAVA_HOME-}" ]; then
      echo "JAVA_HOME is $JAVA_HOME, which is not a JDK 25."
    fi
    echo "Looked at JAVA_HOME, the javac on the PATH and the places where JDKs are usually installed."
    echo
    case "$(uname -s)" in
    Darwin)
      echo "Install one with Homebrew:      brew install --cask temurin@25"
      echo "or with SDKMAN:                 sdk install java 25-tem"
      ;;
    CYGWIN* | MINGW* | MSYS*)
      echo "Install one with winget:        winget install EclipseAdoptium.Temurin.25.JDK"
      ;;
    *)
      echo "Install one with your system's packages, whichever it has:"
      echo "  Debian, Ubuntu:               sudo apt-get install openjdk-25-jdk-headless"
      echo "  Fedora:                       sudo dnf install java-25-openjdk-devel"
      echo "  Arch:                         sudo pacman -S jdk25-openjdk"
      echo "or with SDKMAN (any system):    sdk install java 25-tem"
      ;;
    esac
    echo "or unpack one anywhere and set JAVA_HOME to its folder. Then run the same command again."
  } >&2
}

use_java_25() {
  found_jdk_25="$(
    jdk_25_candidates | while IFS= read -r jdk_folder; do
      if is_jdk_25 "$jdk_folder"; then
        printf '%s\n' "$jdk_folder"
        break
      fi
    done
  )"
  if [ -z "$found_jdk_25" ]; then
    no_jdk_25
    return 1
  fi
  JAVA_HOME="$found_jdk_25"
  export JAVA_HOME
}
