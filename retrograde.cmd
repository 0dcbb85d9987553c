@echo off
rem Starts the retrograde command from a checkout: finds a JDK 25, builds when the sources are newer
rem than what was built, and passes arguments and exit code through. Exit code 126: could not start.
setlocal
set "ROOT=%~dp0"
call "%ROOT%.mvn\find-java.cmd" || exit /b 126

rem bench brings other engines to measure against; nothing else needs them.
set "MODULE=cli"
set "JAR=retrograde.jar"
set "PROFILE="
if /i "%~1"=="bench" (
  set "MODULE=bench"
  set "JAR=retrograde-bench.jar"
  set "PROFILE=-Pbench"
  rem A waiting OpenMP worker of another engine must not take a core from whoever is measured.
  if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=passive"
)
set "BUILT=%ROOT%%MODULE%\target\quick"
set "LOG=%ROOT%target\retrograde-build.log"

rem 0: some source, folder of sources or build file is newer than the last build.
powershell -noprofile -command "$b = Get-Item '%BUILT%\built' -ErrorAction SilentlyContinue; if (-not $b -or -not (Test-Path '%BUILT%\%JAR%')) { exit 0 }; $m = Get-ChildItem '%ROOT%' -Directory | Where-Object { $_.Name -ne 'structure' -and ($_.Name -ne 'bench' -or '%MODULE%' -eq 'bench') -and (Test-Path (Join-Path $_.FullName 'pom.xml')) }; $f = @(Get-Item '%ROOT%pom.xml') + @($m | ForEach-Object { Get-Item (Join-Path $_.FullName 'pom.xml'); Get-ChildItem (Join-Path $_.FullName 'src\main') -Recurse -ErrorAction SilentlyContinue }); if ($f | Where-Object { $_.LastWriteTimeUtc -gt $b.LastWriteTimeUtc } | Select-Object -First 1) { exit 0 } else { exit 1 }"
if errorlevel 1 goto :start

if not exist "%ROOT%target" mkdir "%ROOT%target"
echo retrograde: building once, a minute or two when dependencies are fetched 1>&2
rem The time of the start: what is edited during a build is newer than it.
type nul > "%ROOT%target\retrograde-build-started"
pushd "%ROOT%"
call mvnw.cmd -B -ntp -Dquick %PROFILE% -pl %MODULE% -am package > "%LOG%" 2>&1 < nul
set "CODE=%ERRORLEVEL%"
popd
if not "%CODE%"=="0" (
  echo retrograde: the build failed. Its errors: 1>&2
  findstr /b /c:"[ERROR]" "%LOG%" 1>&2
  echo retrograde: the whole log is in "%LOG%" 1>&2
  exit /b 126
)
move /y "%ROOT%target\retrograde-build-started" "%BUILT%\built" > nul

:start
"%JAVA_HOME%\bin\java.exe" --enable-native-access=ALL-UNNAMED -cp "%BUILT%\%JAR%" dev.retrograde.cli.Main %*
exit /b %ERRORLEVEL%
