using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Documents;

/// <summary>
/// Runs commands of documents with the address, key and names of the examples replaced by those of a test, here and nowhere else.
/// </summary>
internal sealed class CommandSandbox(string folder, string configuration, string postgres)
{
    /// <summary>
    /// The programs of this build under their names in the documents. What serves until it is stopped is stopped once it answers; curl
    /// fails where the status is no success, and a stream is over after a while.
    /// </summary>
    private const string Prelude =
        """
        set -eEo pipefail
        trap 'echo "failed: $BASH_COMMAND" >&2' ERR
        serve() { # ADDRESS PROGRAM [ARGUMENT…]
          local address=$1 pid tries=0; shift
          command dotnet "$@" >served.log 2>&1 & pid=$!
          until command curl -sf -o /dev/null "$address"; do
            kill -0 $pid && [ $((tries += 1)) -lt 600 ] || { kill -KILL $pid; cat served.log >&2; return 1; }
            sleep 0.1
          done
          kill -TERM $pid; wait $pid
        }
        dotnet() {
          case $1 in
            Gateway.Worker.dll)
              shift
              if [ "$1" = run ]; then serve "$GATEWAY_READY" "$GATEWAY" "$@"; else command dotnet "$GATEWAY" "$@"; fi ;;
            AdminApi.dll)
              shift
              if [ $# -eq 0 ]; then urls=$ADMIN_URL serve "$ADMIN_URL/healthz" "$ADMIN_API"; else command dotnet "$ADMIN_API" "$@"; fi ;;
            *) echo "no program of ours: $1" >&2; return 1 ;;
          esac
        }
        curl() {
          local code=0 seconds=60
          case " $* " in *' -N '*) seconds=5 ;; esac
          command curl -sS --noproxy '*' --fail-with-body --max-time $seconds -D headers "$@" || code=$?
          case $code:$seconds in 0:* | 28:5) ;; *) return $code ;; esac
          grep -qE '^HTTP/[0-9.]+ 2' headers
        }
        """;

    public Dictionary<string, string> Environment { get; } = [];

    public Dictionary<string, string> Words { get; } = new()
    {
        ["CONFIG"] = configuration, ["TRUNK"] = "main", ["NUMBER"] = "+15551230001",
        ["deploy/verify.sql"] = Repository.File("deploy/verify.sql"),
    };

    /// <summary>Runs a script to its end; its exit code and all that it printed.</summary>
    public async Task<(int Code, string Output)> RunAsync(IEnumerable<string> commands)
    {
        var script = string.Join('\n', commands.Select(Replaced).Prepend(Prelude));
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1\n{script}"])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        var database = new NpgsqlConnectionStringBuilder(postgres);
        foreach (var (name, value) in Environment.Concat(new Dictionary<string, string>
        {
            ["PGHOST"] = database.Host!, ["PGPORT"] = database.Port.ToString(), ["PGUSER"] = database.Username!,
            ["PGDATABASE"] = database.Database!, ["GATEWAY"] = ProgramOf("gateway/Gateway.Worker"),
            ["ADMIN_API"] = ProgramOf("admin-api/AdminApi"),
        }))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    private string Replaced(string command) =>
        Words.Aggregate(command, (text, word) => Regex.Replace(text, $@"\b{Regex.Escape(word.Key)}\b", word.Value));

    private static string ProgramOf(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Repository.File(project, "bin", framework.Parent!.Name, framework.Name, Path.GetFileName(project) + ".dll");
    }
}
