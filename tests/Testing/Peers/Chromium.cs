namespace Testing.Peers;

/// <summary>The Chromium that shows pages to tests.</summary>
public static class Chromium
{
    private const string Shell = "/usr/bin/chromium-headless-shell";

    /// <summary>The headless shell, which has no window and takes two thirds of the CPU; where there is none, the browser.</summary>
    public static string Path { get; } = File.Exists(Shell) ? Shell : "/usr/bin/chromium";
}
