using Testing;

namespace Demo;

/// <summary>The shipped SIP profiles, and one for the phones that register here.</summary>
internal static class DemoProfiles
{
    public const string Name = "baresip";

    private const string Text = """
        description: baresip 1.0, registered with the gateway.
        quirks:
          digest_challenges:
            value: [md5]
            why: It gives up when it is offered SHA-256 too.

        """;

    /// <summary>Writes all of them to a new folder.</summary>
    public static string WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Repository.File("sip-profiles"), "*.yaml"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, Name + ".yaml"), Text);
        return folder;
    }
}
