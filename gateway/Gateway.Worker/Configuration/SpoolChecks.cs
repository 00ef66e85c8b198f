namespace Gateway.Worker.Configuration;

/// <summary>Whether this node's spool could be used, without making or leaving anything.</summary>
internal static class SpoolChecks
{
    private const string Lock = "lock";

    /// <summary>A sentence where the folder cannot be written, or cannot be made.</summary>
    public static IEnumerable<string> Folder(string folder)
    {
        var existing = folder;
        while (!Path.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        if (File.Exists(existing))
            return [$"storage.spool: {existing} is a file, where a folder is wanted."];
        var probe = Path.Combine(existing, ".gateway-check-" + Guid.NewGuid().ToString("n"));
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"storage.spool: the folder {existing} cannot be written by this user, so that {folder} cannot be used."];
        }
    }

    /// <summary>A process holds it: this node runs.</summary>
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
            return false; // the folder's own check says it
        }
    }
}
