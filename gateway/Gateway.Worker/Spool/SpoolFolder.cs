using Gateway.Calls.Records;
using Media.Native.Files;

namespace Gateway.Worker.Spool;

/// <summary>
/// The files of a spool in a folder that one process holds. A file is complete or absent: it is written under another name, flushed,
/// renamed, and then the folder is flushed. A file that cannot be read is moved to `set-aside`, where an operator finds it.
/// </summary>
internal sealed class SpoolFolder : IDisposable
{
    private const string Unfinished = ".part";

    private readonly string _folder;
    private readonly string _setAside;
    private readonly FileStream _lock;

    /// <exception cref="IOException">The folder cannot be written, or another process holds it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public SpoolFolder(string folder)
    {
        _folder = folder;
        _setAside = Path.Combine(folder, "set-aside");
        Directory.CreateDirectory(_setAside);
        _lock = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        foreach (var part in Directory.EnumerateFiles(folder, "*" + Unfinished))
            File.Delete(part); // it was never reported as safe
        Folder.Flush(folder);
    }

    /// <summary>Files set aside and still there.</summary>
    public int SetAsideCount => Directory.EnumerateFiles(_setAside).Count();

    /// <summary>Names of all that waits, the oldest first.</summary>
    public IReadOnlyList<string> List() =>
        [
            .. Directory.EnumerateFiles(_folder, "*" + SpoolFile.Ending)
            .Concat(Directory.EnumerateFiles(_folder, "*" + SpoolFile.AnswerEnding))
                .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
        ];

    /// <summary>Returns once the entry is on the disk.</summary>
    public void Write(string name, byte[] bytes)
    {
        var part = Path.Combine(_folder, name + Unfinished);
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            if (OperatingSystem.IsLinux())
                File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite); // it contains users' numbers
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(part, Path.Combine(_folder, name), overwrite: true);
        Folder.Flush(_folder);
    }

    /// <summary>The result of <see cref="SpoolFile.Decode"/> for a file; both null: the file is gone.</summary>
    public (object? Entry, string? Fault) Read(string name)
    {
        try
        {
            return SpoolFile.Decode(File.ReadAllBytes(Path.Combine(_folder, name)));
        }
        catch (FileNotFoundException)
        {
            return (null, null);
        }
    }

    /// <summary>Deletes a file. Not flushed: one that comes back after a power cut is applied again, and changes nothing.</summary>
    public void Remove(string name) => File.Delete(Path.Combine(_folder, name));

    public void SetAside(string name) => File.Move(Path.Combine(_folder, name), Path.Combine(_setAside, name), overwrite: true);

    public void Dispose() => _lock.Dispose();
}
