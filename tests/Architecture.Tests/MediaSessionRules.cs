using System.Text.RegularExpressions;
using Testing;

namespace Architecture.Tests;

/// <summary>
/// A media session is sans I/O: what its folders hold knows no socket, thread, lock, clock or log, and nothing of the loop that drives it.
/// </summary>
public partial class MediaSessionRules
{
    public static TheoryData<string> Folders => new() { "Session", "Legs", "Bridge", "Quality" };

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_media_session_knows_no_socket_thread_clock_or_loop(string folder)
    {
        var files = Directory.GetFiles(Repository.File($"media/Media.Engine/{folder}"), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var forbidden = Forbidden().Match(Comments().Replace(File.ReadAllText(file), ""));
            Assert.False(forbidden.Success, $"{Path.GetFileName(file)} uses {forbidden.Value}");
        }
    }

    [Fact]
    public void The_rule_sees_what_it_forbids()
    {
        string[] uses =
            ["using Media.Engine.Loop;", "using System.Net.Sockets;", "Lock _lock = new();", "Thread.Sleep(1)", "TimeProvider.System"];
        foreach (var use in uses)
            Assert.Matches(Forbidden(), use);
    }

    [GeneratedRegex(
        @"Media\.Engine\.Loop|Media\.Native\.Net|System\.Net\.Sockets|System\.Threading|\block\s*\("
        + @"|\b(Thread|Lock|Monitor|Interlocked|Volatile|Task|Timer|Channel|UdpSocket|Poller|Socket)\b"
        + @"|\b(Stopwatch|TimeProvider|InstantClock|DateTime|DateTimeOffset|ILogger)\b")]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comments();
}
