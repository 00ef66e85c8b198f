using System.Diagnostics;

namespace Testing.Peers;

/// <summary>
/// A child process: its output goes to a bounded log, and it is stopped by its own process id. It lives in a session
/// of its own (setsid), so that Ctrl-C in the terminal reaches only the parent, which then stops its programs in the right order.
/// </summary>
public sealed class ChildProgram : IAsyncDisposable
{
    private const int MaxLogLines = 400;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(8);

    private readonly Process _process;
    private readonly Queue<string> _log = new();
    private readonly string? _file;

    /// <param name="name">The name in messages.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Added to the parent's.</param>
    /// <param name="log">A file to which its whole output is appended; null: none.</param>
    public ChildProgram(
        string name, string folder, IEnumerable<string> command, IReadOnlyDictionary<string, string> environment, string? log = null)
    {
        Name = name;
        _file = log;
        var start = new ProcessStartInfo("setsid", command)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start.");
        _process.StandardInput.Close();
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A program of this repository, of the same build as the running one (bin/Release/net10.0).</summary>
    /// <param name="name">For people.</param>
    /// <param name="project">Its folder.</param>
    /// <param name="arguments">What it is given.</param>
    /// <param name="environment">Added to the own one.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="descriptors">How many files it may open (ulimit -n); null: as many as this process.</param>
    /// <param name="niceness">Below zero where the system allows it: it goes before this process.</param>
    /// <param name="log">A file to which its whole output is appended; null: none.</param>
    public static ChildProgram Of(
        string name, string project, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string folder,
        int? descriptors = null, int niceness = 0, string? log = null)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Repository.File(project, "bin", framework.Parent!.Name, framework.Name, Path.GetFileName(project) + ".dll");
        // A program started by its own executable finds only the host on the path.
        var host = Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        string[] limited =
            ["bash", "-c", $"ulimit -n {descriptors?.ToString() ?? "$(ulimit -n)"}; exec nice -n {niceness} \"$@\"", "limited"];
        var isLimited = descriptors is not null || niceness != 0;
        return new ChildProgram(name, folder, [.. isLimited ? limited : [], host, path, .. arguments], environment, log);
    }

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>Lines it has written so far.</summary>
    public int Lines { get; private set; }

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines it wrote.</summary>
    public IReadOnlyList<string> Tail(int lines)
    {
        lock (_log)
            return [.. _log.TakeLast(lines)];
    }

    /// <summary>Its exit code, once it has ended and all its output is in the log.</summary>
    public async Task<int> ExitedAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Sends a signal by its name without SIG.</summary>
    public void Signal(string name)
    {
        // bash's own kill: a small Debian has no /bin/kill.
        using var kill = Process.Start("bash", ["-c", "kill -\"$1\" \"$2\" 2>/dev/null", "kill", name, _process.Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>SIGKILL: no leave-taking. Returns when it is gone.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and SIGKILL when it does not end in time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            using var timeout = new CancellationTokenSource(StopTimeout);
            try
            {
                await _process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
    }

    private void Log(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            Lines++;
            _log.Enqueue(line);
            if (_log.Count > MaxLogLines)
                _log.Dequeue();
            if (_file is not null)
                File.AppendAllText(_file, line + "\n");
        }
    }
}
