namespace Gateway.Storage;

/// <summary>
/// A password in a file, read for every new connection to a store: whoever replaces the file changes the password of a running program.
/// Connections that are open stay so.
/// </summary>
/// <exception cref="IOException">The file cannot be read, and never could.</exception>
/// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
public sealed class PasswordFile(string path)
{
    private volatile string _last = File.ReadAllText(path).Trim();

    /// <summary>Null where there is no file to read.</summary>
    public static PasswordFile? Of(string? path) => path is null ? null : new PasswordFile(path);

    /// <summary>The password, without the white space around it; the one that was last read, while there is none.</summary>
    public string Read()
    {
        try
        {
            if (File.ReadAllText(path).Trim() is { Length: > 0 } password)
                _last = password;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is being replaced.
        }
        return _last;
    }
}
