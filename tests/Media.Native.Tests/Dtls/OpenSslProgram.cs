using System.Diagnostics;
using System.Text;

namespace Media.Native.Tests.Dtls;

/// <summary>The <c>openssl</c> command as a DTLS peer that shares no code with the endpoint's own.</summary>
internal sealed class OpenSslProgram : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    internal OpenSslProgram(params string[] arguments)
    {
        _process = new Process { StartInfo = Describe(arguments) };
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>A key and a self-signed certificate in PEM files of their own folder, and its fingerprint.</summary>
    internal static (string Certificate, string Key, string Fingerprint) MakeCertificate(
        string folder, string keyAlgorithm, string hash = "sha256")
    {
        var (certificate, key) = (Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "key.pem"));
        string[] algorithm = keyAlgorithm == "EC" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"];
        RunToEnd(["req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=peer",
            "-keyout", key, "-out", certificate, "-newkey", .. algorithm]);
        var printed = RunToEnd(["x509", "-in", certificate, "-noout", "-fingerprint", $"-{hash}"]); // "sha256 Fingerprint=AB:CD…"
        return (certificate, key, printed.Trim().Split('=')[1]);
    }

    /// <summary>Waits for a line that begins with <paramref name="label"/> and returns the rest of it; null after ten seconds.</summary>
    internal string? WaitFor(string label, Action meanwhile)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10))
        {
            var line = Output.Split('\n').FirstOrDefault(l => l.TrimStart().StartsWith(label, StringComparison.Ordinal));
            if (line is not null)
                return line.TrimStart()[label.Length..].Trim();
            meanwhile();
        }
        return null;
    }

    /// <summary>Types a line: <c>Q</c> closes the connection.</summary>
    internal void Type(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string RunToEnd(string[] arguments)
    {
        using var process = Process.Start(Describe(arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(errors.Result);
    }

    private static ProcessStartInfo Describe(string[] arguments) => new("openssl", arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private void Collect(object sender, DataReceivedEventArgs e)
    {
        lock (_output)
            _output.Append(e.Data).Append('\n');
    }
}
