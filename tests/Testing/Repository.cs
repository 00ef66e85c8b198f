using System.Runtime.CompilerServices;

namespace Testing;

/// <summary>The path of the checkout, for tests that use its files and scripts.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
            if (System.IO.File.Exists(Path.Combine(folder, "Gateway.sln")))
                return folder;
        throw new InvalidOperationException("Gateway.sln was not found above " + here);
    }
}
