using Testing;

namespace Interop.Sipp;

/// <summary>The shipped PBX profiles and two for SIPp: a new kind of PBX is a file.</summary>
public static class SippProfiles
{
    public const string Name = "sipp";

    /// <summary>The same, with keys in INFO only.</summary>
    public const string InfoName = "sipp-info";

    private const string Text = """
        description: SIPp 3.6, which plays the PBX in tests.
        quirks:
          digest_challenges:
            value: [md5]
            why: It runs several challenges together and then takes the first one's algorithm, and knows MD5 only.
          options_interval:
            value: 0
            why: A scenario counts messages; a ping would be one too many.

        """;

    private const string InfoText = Text + """
          dtmf:
            value: info
            why: It has no ear for telephone-events.

        """;

    /// <summary>Writes all of them to a folder.</summary>
    public static string WriteTo(string folder)
    {
        foreach (var file in Directory.GetFiles(Repository.File("sip-profiles"), "*.yaml"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(folder, Name + ".yaml"), Text);
        File.WriteAllText(Path.Combine(folder, InfoName + ".yaml"), InfoText);
        return folder;
    }
}
