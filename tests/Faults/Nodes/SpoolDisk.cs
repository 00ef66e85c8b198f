using System.Diagnostics;

namespace Faults.Nodes;

/// <summary>A file system of a few hundred kilobytes for one node's spool, which can be filled. Needs the right to mount.</summary>
internal sealed class SpoolDisk : IDisposable
{
    private const int Kilobytes = 1024;

    private readonly string _folder;

    /// <param name="folder">Where it is mounted; made, if need be.</param>
    public SpoolDisk(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        IsMounted = Run("mount", "-t", "tmpfs", "-o", $"size={Kilobytes}k", "tmpfs", _folder);
    }

    /// <summary>False: this user, or this container, may not mount; the folder is on the common disk and cannot be filled.</summary>
    public bool IsMounted { get; }

    private string Ballast => Path.Combine(_folder, "ballast");

    public void Fill()
    {
        if (!IsMounted)
            throw new InvalidOperationException($"{_folder} is on the common disk.");
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1024];
        try
        {
            for (var written = 0; written <= Kilobytes; written++)
                file.Write(block);
        }
        catch (IOException)
        {
            // full
        }
    }

    public void Free() => File.Delete(Ballast);

    /// <summary>Everything on it is lost.</summary>
    public void Empty()
    {
        foreach (var folder in Directory.GetDirectories(_folder))
            Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.GetFiles(_folder))
            File.Delete(file);
    }

    public void Dispose()
    {
        if (IsMounted)
            Run("umount", "-l", _folder);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception) // there is no such program
        {
            return false;
        }
    }
}
