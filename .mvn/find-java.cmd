@rem Called by mvnw.cmd and retrograde.cmd. Sets JAVA_HOME to an installed JDK 25, or says how to
@rem install one and returns 1. Its twin for other systems is find-java.sh: change both.
@set "RETROGRADE_JDK="
@if defined JAVA_HOME call :consider "%JAVA_HOME%"
@for %%R in (
  "%ProgramFiles%\Java"
  "%ProgramFiles%\Eclipse Adoptium"
  "%ProgramFiles%\Microsoft"
  "%ProgramFiles%\Zulu"
  "%ProgramFiles%\Amazon Corretto"
  "%ProgramFiles%\BellSoft"
  "%LocalAppData%\Programs\Eclipse Adoptium"
  "%LocalAppData%\Programs\Microsoft"
  "%UserProfile%\.jdks"
  "%UserProfile%\.sdkman\candidates\java"
) do @for /d %%D in ("%%~R\*") do @call :consider "%%~D"
@if not defined RETROGRADE_JDK goto :missing
@set "JAVA_HOME=%RETROGRADE_JDK%"
@set "RETROGRADE_JDK="
@exit /b 0

:consider
@if defined RETROGRADE_JDK exit /b 0
@if not exist "%~1\bin\javac.exe" exit /b 0
@if not exist "%~1\release" exit /b 0
@findstr /r /b /c:"JAVA_VERSION=.25[^0-9]" "%~1\release" >nul 2>&1 && set "RETROGRADE_JDK=%~1"
@exit /b 0

:missing
@echo No JDK 25 was found, and Retrograde needs one (a JDK, not only a Java run time). 1>&2
@if defined JAVA_HOME echo JAVA_HOME is "%JAVA_HOME%", which is not a JDK 25. 1>&2
@echo Looked at JAVA_HOME and the places where JDKs are usually installed. 1>&2
@echo Install one with winget:    winget install EclipseAdoptium.Temurin.25.JDK 1>&2
@echo or unpack one anywhere and set JAVA_HOME to its folder. Then run the same command again. 1>&2
@exit /b 1
