namespace Gateway.Worker.Configuration;

/// <summary>Checks whether this node's spool could be used, without making or leaving anything.</summary>
internal static class SpoolChecks
{
    private const string Lock = "lock";

    /// <summary>A sentence where the folder cannot be written or created.</summary>
    public static IEnumerable<string> Folder(string folder)
    {
        var existing = folder;
        while (!Path.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        if (File.Exists(existing))
            return [$"storage.spool: {existing} is a file, not a folder."];
        var probe = Path.Combine(existing, ".gateway-check-" + Guid.NewGuid().ToString("n"));
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"storage.spool: the folder {existing} is not writable for this user, so {folder} cannot be used."];
        }
    }

    /// <summary>True where a process holds it: this node runs.</summary>
    public static bool IsHeld(string folder)
    {
        var path = Path.Combine(folder, Lock);
        if (!File.Exists(path))
            return false;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false; // the folder's own check reports it
        }
    }
}
